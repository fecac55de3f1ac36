//! Provider instances: where an object is decides whether it is the same.

use super::*;

#[test]
fn case_59_what_points_elsewhere_is_made_there_and_what_else_changes_does_not_count() {
    check(
        "instance default account=1 region=us-east-1
         instance west account=1 region=us-west-2
         instance moved account=1 region=eu-west-1
         instance before account=1 region=us-central-1
         stack net.QA
           resource Vpc same
             provider west
           resource Vpc renamed
             provider west
           resource Vpc undone
           resource Vpc follows
             provider moved
           resource Vpc reader Peer=@follows.VpcId
           resource Vpc unknown
             provider west
           has Vpc same
           has Vpc renamed
             provider default account=1 region=us-west-2
           has Vpc undone
             provider west
           has Vpc follows
             provider moved account=1 region=us-central-1
           has Vpc reader Peer=follows-1
           has Vpc unknown
             provider west",
        "net.QA
         ± follows
         provider.region! us-central-1 -> eu-west-1
         ± reader
         Peer! follows-1 -> <net.QA:follows.VpcId>
         ± renamed
         provider! nothing -> west
         ± undone
         provider! west -> nothing",
    );
}

#[test]
fn what_is_where_no_instance_points_any_more_cannot_go() {
    check_problems(
        "instance default region=us-east-1
         instance west region=us-west-2
         stack net.QA
           resource Vpc declared
             provider wets
           resource Vpc moved
             provider west
           has Vpc declared
           has Vpc moved
             provider west region=eu-west-1
           has Vpc gone
             provider west region=eu-west-1
           leftover Vpc moved
             incarnation 3
             provider old region=eu-west-1
           has Vpc other
             provider old region=us-west-2
           has Vpc kept
             retain
             provider old region=eu-west-1",
        "E0435 net.rs:4:1 `declared` of `net.QA` is to be in the provider instance `wets`, which the profile does not have
         hint did you mean `west`?
         E0437 `moved` of `net.QA` cannot go: no provider instance points to where they are
         note they were made through `old`, which had region = \"eu-west-1\"
         hint until they are gone, keep an instance of any name in the profile: `instances.old = { region = \"eu-west-1\" }`
         E0437 `gone`, `moved` of `net.QA` cannot go: no provider instance points to where they are
         note they were made through `west`, which had region = \"eu-west-1\"
         hint until they are gone, keep an instance of any name in the profile: `instances.old = { region = \"eu-west-1\" }`",
    );
}

#[test]
fn case_63_where_there_is_no_default_every_resource_has_to_name_its_instance() {
    check_problems(
        "explicit vpc
         instance west
         stack net.QA
           resource Vpc first
           resource Vpc named
             provider west
           resource Bucket other
           resource Vpc second",
        "E0436 net.rs:4:1 `first` of `net.QA` names no provider instance
         note the profile lists `vpc` in `explicit_instances`: there is no default
         hint say which: `.provider(\"…\")`
         E0436 net.rs:8:1 `second` of `net.QA` names no provider instance
         note the profile lists `vpc` in `explicit_instances`: there is no default
         hint say which: `.provider(\"…\")`",
    );
}

#[test]
fn case_62_what_can_be_told_before_a_create_is_known_downstream_and_the_rest_is_not() {
    check(
        "stack net.QA
           resource Bucket bucket Name=mine
           resource Vpc reads_arn Label=@bucket.Arn
           resource Vpc vpc
           resource Vpc reads_id Label=@vpc.VpcId
           output arn @bucket.Arn
           output id @vpc.VpcId",
        "net.QA
         + bucket
         + reads_arn
         + reads_id
         + vpc
         > arn arn:main:mine
         > id <net.QA:vpc.VpcId>",
    );
}
