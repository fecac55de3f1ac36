"""moto with what it lacks of AWS where networks need it: `server.py -H 127.0.0.1 -p PORT`.

Every patch says what AWS does and moto does not; nothing else is changed.
"""

import contextvars
import fnmatch
import sys

from moto import server
from moto.core.responses import ActionResult
from moto.ec2 import utils
from moto.ec2.models import nat_gateways as nat_models
from moto.ec2.responses import nat_gateways as nat_responses
from moto.elasticache import exceptions as cache_exceptions
from moto.elasticache import models as cache_models
from moto.elasticache import responses as cache_responses

# AWS: a NAT gateway has the private address that is asked for, or a free one.
asked = contextvars.ContextVar("asked", default=None)
free_address = nat_models.random_private_ip
nat_models.random_private_ip = lambda *args: asked.get() or free_address(*args)
create_nat_gateway = nat_responses.NatGateways.create_nat_gateway


def create_with_address(self):
    token = asked.set(self._get_param("PrivateIpAddress"))
    try:
        return create_nat_gateway(self)
    finally:
        asked.reset(token)


nat_responses.NatGateways.create_nat_gateway = create_with_address

# AWS: with a NAT gateway its interface goes, and its address is free.
delete_nat_gateway = nat_models.NatGatewayBackend.delete_nat_gateway


def delete_with_interface(self, nat_gateway_id):
    gateway = delete_nat_gateway(self, nat_gateway_id)
    for address in self.addresses:
        if address.eni is gateway._eni:
            address.eni = None
            address.association_id = None
    self.enis.pop(gateway._eni.id, None)
    return gateway


nat_models.NatGatewayBackend.delete_nat_gateway = delete_with_interface

# AWS: a filter of many values means what has any of them, also where an object has many.
is_filter_matching = utils.is_filter_matching


def matches_any(obj, name, wanted):
    value = obj.get_filter_value(name)
    if isinstance(wanted, list) and isinstance(value, (list, set, tuple, type({}.keys()), type({}.values()))):
        return any(fnmatch.fnmatch(str(item), pattern) for item in value for pattern in wanted)
    return is_filter_matching(obj, name, wanted)


utils.is_filter_matching = matches_any


# AWS: groups of subnets for caches can be changed and deleted.
def delete_cache_subnet_group(self):
    name = self._get_param("CacheSubnetGroupName")
    backend = self.elasticache_backend
    if backend.cache_subnet_groups.pop(name, None) is None:
        raise cache_exceptions.CacheSubnetGroupNotFound(name)
    return ActionResult({})


def modify_cache_subnet_group(self):
    name = self._get_param("CacheSubnetGroupName")
    backend = self.elasticache_backend
    [old] = backend.describe_cache_subnet_groups(name)
    new = cache_models.CacheSubnetGroup(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_subnet_group_name=name,
        cache_subnet_group_description=self._get_param("CacheSubnetGroupDescription")
        or old.cache_subnet_group_description,
        subnet_ids=self._get_param("SubnetIds", []) or old.subnet_ids,
        tags=old.tags,
    )
    backend.cache_subnet_groups[name] = new
    return ActionResult({"CacheSubnetGroup": new})


cache_responses.ElastiCacheResponse.delete_cache_subnet_group = delete_cache_subnet_group
cache_responses.ElastiCacheResponse.modify_cache_subnet_group = modify_cache_subnet_group

if __name__ == "__main__":
    server.main(sys.argv[1:])
