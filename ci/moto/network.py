"""Brings up the network of QA on moto with a real runner, and counts with boto3: `network.py RUNNER WORKSPACE PORT`.

boto3 is the judge: what the plan says is evaluated here, anew, and compared with what AWS's own client finds.
"""

import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import boto3

STACK = "infrastructure.aws.network.QA"
REGION = "us-east-1"

runner, workspace, port = sys.argv[1:4]
endpoint = f"http://127.0.0.1:{port}"
scratch = tempfile.mkdtemp(prefix="groundplan-aws-")
environment = {
    **os.environ,
    "AWS_ENDPOINT_URL": endpoint,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}
access = dict(region_name=REGION, endpoint_url=endpoint, aws_access_key_id="testing", aws_secret_access_key="testing")
ec2, rds, cache = (boto3.client(service, **access) for service in ("ec2", "rds", "elasticache"))
outcomes = []


def run(*arguments, code=0, profile=True):
    where = ["--profile", "live", "--state", f"{scratch}/state"] if profile else []
    command = [runner, "-C", workspace, *arguments, *where]
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    print(f"  {' '.join(arguments)}: exit {done.returncode}, {time.monotonic() - start:.1f} s")
    if done.returncode != code:
        raise AssertionError(f"exit {done.returncode}, not {code}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def check(name, test):
    try:
        test()
        outcomes.append(True)
        print(f"test {name} ... ok")
    except Exception as error:
        outcomes.append(False)
        print(f"test {name} ... FAILED\n{error}")


def everything(call, key, **arguments):
    return [item for page in ec2.get_paginator(call).paginate(**arguments) for item in page[key]]


def tags_of(item):
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", item.get("TagList", []))}


class World:
    """What boto3 finds, by type; tagged objects by their URN."""

    def __init__(self):
        self.vpcs = everything("describe_vpcs", "Vpcs")
        self.subnets = everything("describe_subnets", "Subnets")
        self.gateways = everything("describe_internet_gateways", "InternetGateways")
        self.egress = everything("describe_egress_only_internet_gateways", "EgressOnlyInternetGateways")
        self.tables = everything("describe_route_tables", "RouteTables")
        self.addresses = ec2.describe_addresses()["Addresses"]
        self.nats = [n for n in everything("describe_nat_gateways", "NatGateways") if n["State"] != "deleted"]
        self.endpoints = [e for e in everything("describe_vpc_endpoints", "VpcEndpoints") if e["State"] != "deleted"]
        peerings = everything("describe_vpc_peering_connections", "VpcPeeringConnections")
        self.peerings = [p for p in peerings if p["Status"]["Code"] != "deleted"]
        self.groups = everything("describe_security_groups", "SecurityGroups")
        self.interfaces = everything("describe_network_interfaces", "NetworkInterfaces")
        self.databases = rds.describe_db_subnet_groups()["DBSubnetGroups"]
        self.caches = cache.describe_cache_subnet_groups()["CacheSubnetGroups"]
        self.by_urn = {}
        ids = ["VpcId", "SubnetId", "InternetGatewayId", "EgressOnlyInternetGatewayId", "RouteTableId", "AllocationId",
               "NatGatewayId", "VpcEndpointId", "VpcPeeringConnectionId", "GroupId"]
        lists = [self.vpcs, self.subnets, self.gateways, self.egress, self.tables, self.addresses, self.nats,
                 self.endpoints, self.peerings, self.groups]
        for name, items in zip(ids, lists):
            for item in items:
                urn = tags_of(item).get("groundplan:urn")
                if urn:
                    assert urn not in self.by_urn, f"two objects say that they are {urn}"
                    self.by_urn[urn] = (item[name], item)

    def counts(self):
        lists = {name: value for name, value in vars(self).items() if isinstance(value, list)}
        counts = {name: len(items) for name, items in lists.items()}
        counts["routes"] = sum(len(table["Routes"]) for table in self.tables)
        counts["associations"] = sum(len(table["Associations"]) for table in self.tables)
        return counts


class Plan:
    """The plan, with its expressions evaluated by what the world says."""

    def __init__(self, world):
        out = f"{scratch}/plan"
        run("evaluate", STACK, "--out", out, profile=False)
        [path] = pathlib.Path(out).glob("*/plan.json")
        self.resources = json.loads(path.read_text())["plan"]["resources"]
        self.world = world

    def of(self, ty):
        return [(urn, r) for urn, r in self.resources.items() if f"::AWS::{ty}::" in urn]

    def attribute(self, urn, path):
        ty = urn.split("::")[3]
        if ty == "VPCCidrBlock":
            vpc = self.value(self.resources[urn]["properties"]["VpcId"])
            [found] = [v for v in self.world.vpcs if v["VpcId"] == vpc]
            [block] = [b["Ipv6CidrBlock"] for b in found["Ipv6CidrBlockAssociationSet"]
                       if b["Ipv6CidrBlockState"]["State"] == "associated"]
            return block
        ident, item = self.world.by_urn[urn]
        return item["CidrBlock"] if path == "CidrBlock" else ident

    def value(self, expression):
        [(kind, content)] = expression.items()
        if kind == "value":
            return content
        if kind == "list":
            return [self.value(item) for item in content]
        if kind == "map":
            return {key: self.value(item) for key, item in content.items()}
        if kind == "attribute":
            return self.attribute(content["urn"], content["path"])
        if kind == "call" and content["op"] == "cidr_subnet":
            block, prefix, number = (self.value(argument) for argument in content["args"])
            network = ipaddress.ip_network(block)
            first = int(network.network_address) + (number << (network.max_prefixlen - prefix))
            return str(ipaddress.ip_network((first, prefix)))
        raise AssertionError(f"an expression that is not known here: {kind} {content}")

    def properties(self, resource):
        return {name: self.value(value) for name, value in resource["properties"].items()}


def flat(rules, group):
    """Security group rules as CloudFormation lists them."""
    found = []
    for rule in rules:
        base = {"IpProtocol": rule["IpProtocol"]}
        base.update({name: rule[name] for name in ("FromPort", "ToPort") if name in rule})
        peers = [("IpRanges", "CidrIp", "CidrIp"), ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
                 ("UserIdGroupPairs", "GroupId", group)]
        for key, theirs, ours in peers:
            for peer in rule.get(key, []):
                described = {"Description": peer["Description"]} if peer.get("Description") else {}
                found.append(json.dumps({**base, ours: peer[theirs], **described}, sort_keys=True))
    return sorted(found)


def listed(rules):
    return sorted(json.dumps(rule, sort_keys=True) for rule in rules)


def same(where, name, found, wanted):
    assert found == wanted, f"{where}: {name} is {found}, and the plan says {wanted}"


def compare():
    world = World()
    plan = Plan(world)
    compared = 0

    def tagged(ty):
        for urn, resource in plan.of(ty):
            assert urn in world.by_urn, f"nobody says that it is {urn}"
            wanted = plan.properties(resource)
            ident, item = world.by_urn[urn]
            own = {k: v for k, v in tags_of(item).items() if not k.startswith("groundplan:")}
            same(urn, "Tags", own, {tag["Key"]: tag["Value"] for tag in wanted.pop("Tags", [])})
            yield urn, ident, item, wanted

    for urn, ident, item, wanted in tagged("EC2::VPC"):
        for name in ("EnableDnsHostnames", "EnableDnsSupport"):
            attribute = ec2.describe_vpc_attribute(VpcId=ident, Attribute=name[0].lower() + name[1:])
            same(urn, name, attribute[name]["Value"], wanted.pop(name))
        same(urn, "all", {"CidrBlock": item["CidrBlock"]}, wanted)
        compared += 1
    for urn, _, item, wanted in tagged("EC2::Subnet"):
        blocks = [b["Ipv6CidrBlock"] for b in item["Ipv6CidrBlockAssociationSet"]]
        item = {**item, "Ipv6CidrBlock": blocks[0]}
        for name, value in wanted.items():
            same(urn, name, item[name], value)
        compared += 1
    for ty in ("EC2::InternetGateway", "EC2::EIP"):
        compared += len(list(tagged(ty)))
    for urn, _, item, wanted in tagged("EC2::EgressOnlyInternetGateway"):
        same(urn, "VpcId", item["Attachments"][0]["VpcId"], wanted["VpcId"])
        compared += 1
    for urn, _, item, wanted in tagged("EC2::RouteTable"):
        same(urn, "VpcId", item["VpcId"], wanted["VpcId"])
        compared += 1
    for urn, _, item, wanted in tagged("EC2::NatGateway"):
        [address] = item["NatGatewayAddresses"]
        found = {"SubnetId": item["SubnetId"], "AllocationId": address["AllocationId"],
                 "PrivateIpAddress": address["PrivateIp"]}
        same(urn, "all", found, wanted)
        compared += 1
    for urn, _, item, wanted in tagged("EC2::VPCEndpoint"):
        found = {"ServiceName": item["ServiceName"], "VpcId": item["VpcId"],
                 "RouteTableIds": sorted(item["RouteTableIds"])}
        same(urn, "all", found, {**wanted, "RouteTableIds": sorted(wanted["RouteTableIds"])})
        compared += 1
    for urn, _, item, wanted in tagged("EC2::VPCPeeringConnection"):
        found = {"VpcId": item["RequesterVpcInfo"]["VpcId"], "PeerVpcId": item["AccepterVpcInfo"]["VpcId"]}
        same(urn, "all", found, wanted)
        same(urn, "status", item["Status"]["Code"], "active")
        compared += 1
    for urn, _, item, wanted in tagged("EC2::SecurityGroup"):
        same(urn, "GroupDescription", item["Description"], wanted["GroupDescription"])
        same(urn, "VpcId", item["VpcId"], wanted["VpcId"])
        if "GroupName" in wanted:
            same(urn, "GroupName", item["GroupName"], wanted["GroupName"])
        ingress, egress = wanted.get("SecurityGroupIngress", []), wanted.get("SecurityGroupEgress", [])
        same(urn, "ingress", flat(item["IpPermissions"], "SourceSecurityGroupId"), listed(ingress))
        same(urn, "egress", flat(item["IpPermissionsEgress"], "DestinationSecurityGroupId"), listed(egress))
        compared += 1

    def whole(name, found, wanted):
        nonlocal compared
        found, wanted = sorted(map(str, found)), sorted(map(str, wanted))
        assert found == wanted, f"{name}: {set(found) ^ set(wanted)}"
        compared += len(wanted)

    targets = ["GatewayId", "NatGatewayId", "EgressOnlyInternetGatewayId", "VpcPeeringConnectionId"]
    destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"]

    def pick(item, names):
        [value] = [item[name] for name in names if item.get(name)]
        return value

    ours = {world.by_urn[urn][0] for urn, _ in plan.of("EC2::RouteTable")}
    tables = [table for table in world.tables if table["RouteTableId"] in ours]
    made = [(table["RouteTableId"], pick(route, destinations), pick(route, targets)) for table in tables
            for route in table["Routes"] if route["Origin"] == "CreateRoute" and "DestinationPrefixListId" not in route]
    planned = [plan.properties(resource) for _, resource in plan.of("EC2::Route")]
    whole("routes", made, [(r["RouteTableId"], pick(r, destinations), pick(r, targets)) for r in planned])
    associations = [(a["RouteTableId"], a["SubnetId"]) for table in world.tables for a in table["Associations"]
                    if a.get("SubnetId")]
    planned = [plan.properties(resource) for _, resource in plan.of("EC2::SubnetRouteTableAssociation")]
    whole("associations", associations, [(a["RouteTableId"], a["SubnetId"]) for a in planned])
    attachments = [(g["InternetGatewayId"], a["VpcId"]) for g in world.gateways for a in g["Attachments"]]
    planned = [plan.properties(resource) for _, resource in plan.of("EC2::VPCGatewayAttachment")]
    whole("attachments", attachments, [(a["InternetGatewayId"], a["VpcId"]) for a in planned])
    blocks = [v["VpcId"] for v in world.vpcs for b in v.get("Ipv6CidrBlockAssociationSet", [])
              if b["Ipv6CidrBlockState"]["State"] == "associated"]
    planned = [plan.properties(resource)["VpcId"] for _, resource in plan.of("EC2::VPCCidrBlock")]
    whole("blocks", blocks, planned)
    planned = [plan.properties(resource) for _, resource in plan.of("RDS::DBSubnetGroup")]
    found = [(g["DBSubnetGroupName"], g["DBSubnetGroupDescription"],
              sorted(s["SubnetIdentifier"] for s in g["Subnets"])) for g in world.databases]
    whole("databases", found, [(g["DBSubnetGroupName"], g["DBSubnetGroupDescription"], sorted(g["SubnetIds"]))
                               for g in planned])
    planned = [plan.properties(resource) for _, resource in plan.of("ElastiCache::SubnetGroup")]
    found = [(g["CacheSubnetGroupName"], g["CacheSubnetGroupDescription"],
              sorted(s["SubnetIdentifier"] for s in g["Subnets"])) for g in world.caches]
    whole("caches", found, [(g["CacheSubnetGroupName"], g["Description"], sorted(g["SubnetIds"])) for g in planned])
    same("the plan", "resources that were compared", compared, len(plan.resources))
    same("the world", "tagged objects", len(world.by_urn), sum("Tags" in r["properties"] for r in plan.resources.values())
         - len(plan.of("RDS::DBSubnetGroup")))


def nothing_to_do():
    said = run("preview", STACK, "--detailed-exitcode")
    assert "nothing to do" in said.lower() or "no changes" in said.lower(), said[-2000:]
    before = World().counts()
    run("up", STACK, "--yes")
    same("a second up", "counts", World().counts(), before)


def drift():
    world = World()
    prefix = "infrastructure.aws.network::AWS::EC2::"
    vpc, _ = world.by_urn[prefix + "VPC::ol-data-qa"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "OU", "Value": "somebody"}, {"Key": "Stray", "Value": "1"}])
    group = next(g for g in world.groups if "groundplan:urn" in tags_of(g) and g["IpPermissions"])
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpProtocol="tcp", FromPort=23, ToPort=23,
                                         CidrIp="0.0.0.0/0")
    table = next(t for t in world.tables if "groundplan:urn" in tags_of(t)
                 and any(r.get("VpcPeeringConnectionId") for r in t["Routes"]))
    route = next(r for r in table["Routes"] if r.get("VpcPeeringConnectionId"))
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=route["DestinationCidrBlock"])
    said = run("refresh", STACK)
    assert "ol-data-qa" in said, said[-2000:]
    said = run("preview", STACK, "--detailed-exitcode", code=2)
    for word in ("EnableDnsHostnames", "Tags", "SecurityGroupIngress"):
        assert word in said, f"{word} is not shown:\n{said[-4000:]}"
    run("up", STACK, "--yes")
    compare()


def by_its_block():
    before = World().counts()
    run("state", "rm", STACK, "infrastructure.aws.network::AWS::EC2::VPC::ol-data-qa", "--force", "--yes")
    said = run("preview", STACK, "--adopt")
    assert "1 to adopt" in said, said[-2000:]
    said = run("up", STACK, "--adopt", "--yes")
    assert "1 taken over" in said, said[-2000:]
    same("taking over", "counts", World().counts(), before)
    compare()


def gone():
    run("destroy", STACK, "--yes", "--allow", "blast-radius")
    same("destroy", "counts", World().counts(), EMPTY)


def finish():
    failed = outcomes.count(False)
    print(f"test result: {'FAILED' if failed else 'ok'}. {outcomes.count(True)} passed; {failed} failed;")
    sys.exit(failed > 0)


EMPTY = World().counts()
if __name__ == "__main__":
    check("up", lambda: run("up", STACK, "--yes"))
    check("boto3_finds_what_the_plan_says", compare)
    check("a_second_up_has_nothing_to_do", nothing_to_do)
    check("a_change_behind_its_back_is_found_and_mended", drift)
    check("a_network_that_is_there_is_found_by_its_block_and_taken_over", by_its_block)
    check("destroy_leaves_nothing", gone)
    finish()
