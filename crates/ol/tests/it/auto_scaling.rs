use ol::auto_scaling::{AutoScaling, Front, Health, HealthCheck, Instances, Reach, Size, Spot, Stickiness, Volume};
use ol::{BusinessUnit, Tags};
use plan::prelude::*;
use plan::value::Value;
use testkit::{Given, Planned};
use types_common::Tag;

fn group() -> AutoScaling {
    let tags = Tags::new(BusinessUnit::Operations, "operations-qa");
    AutoScaling {
        name: "web-qa".to_owned(),
        tags: tags.clone(),
        size: Size::of(3),
        subnets: Output::known(vec!["subnet-1", "subnet-2"]),
        health: Health::LoadBalancer,
        max_lifetime_seconds: Some(AutoScaling::LIFETIME_SECONDS),
        instances: Instances {
            image: "ami-1".to_owned(),
            instance_type: "t3a.micro".to_owned(),
            profile: Output::known("arn:profile"),
            security_groups: vec![Output::known("sg-1")],
            user_data: Some(Output::known("I2Nsb3VkLWNvbmZpZwo=")),
            volumes: vec![Volume::root(25, Output::known("arn:key"))],
            instance_tags: vec![Tag::new("Name", "web-qa")],
            volume_tags: vec![Tag::new("Name", "web-qa")],
            spot: None,
        },
    }
}

fn front() -> Front {
    let tags = Tags::new(BusinessUnit::Operations, "operations-qa");
    Front {
        vpc: Output::known("vpc-1"),
        subnets: Output::known(vec!["subnet-1", "subnet-2"]),
        security_groups: vec![Output::known("sg-2")],
        certificate: Output::known("arn:certificate"),
        tags: tags.named("web-lb-qa"),
        target_tags: tags,
        reach: Reach::Everybody,
        only_ipv4: false,
        port: Front::HTTPS,
        target_port: Front::HTTPS,
        health_check: HealthCheck::default(),
        stickiness: None,
        idle_seconds: Front::IDLE_SECONDS,
        insecure_http: false,
    }
}

fn planned(declare: impl Fn(&mut Draft) + Send + Sync + 'static) -> Planned {
    let plan = move |stack: &Stack, (): ()| -> Result<Plan<()>> {
        let mut plan = stack.plan();
        declare(&mut plan);
        plan.finish(())
    };
    Given::stack(Project::new("test", plan), "QA").config("").evaluate()
}

#[test]
fn a_bare_group_is_a_template_and_a_group() {
    let web = planned(|plan| drop(group().declare(plan)));
    assert_eq!(web.count(), 2);
    assert_eq!(web.misfits(), Vec::<String>::new());
    let scaled = web.resource("AWS::AutoScaling::AutoScalingGroup", "web-qa-auto-scale-group");
    for (path, wanted) in [
        ("MinSize", Value::from("3")),
        ("DesiredCapacity", "3".into()),
        ("MaxSize", "3".into()),
        ("HealthCheckType", "ELB".into()),
        ("HealthCheckGracePeriod", 300.into()),
        ("MaxInstanceLifetime", 2_592_000.into()),
        ("VPCZoneIdentifier", vec!["subnet-1", "subnet-2"].into()),
    ] {
        assert_eq!(scaled.get(path), &wanted, "{path}");
    }
    assert_eq!(scaled.tag("ami_id"), Some("ami-1"), "what refreshes instances looks at this tag");
    assert_eq!(scaled.get("Tags[0].PropagateAtLaunch").as_bool(), Some(true));
    assert!(scaled.find("TargetGroupARNs").is_none() && scaled.find("AutoScalingGroupName").is_none());
    assert!(
        scaled.origins("LaunchTemplate.LaunchTemplateId")[0].ends_with("::web-qa-launch-template.LaunchTemplateId")
    );
    assert!(scaled.origins("LaunchTemplate.Version")[0].ends_with("::web-qa-launch-template.LatestVersionNumber"));

    let template = web.resource("AWS::EC2::LaunchTemplate", "web-qa-launch-template");
    for (path, wanted) in [
        ("ImageId", Value::from("ami-1")),
        ("InstanceType", "t3a.micro".into()),
        ("KeyName", "oldevops".into()),
        ("MetadataOptions.HttpTokens", "optional".into()),
        ("MetadataOptions.HttpPutResponseHopLimit", 5.into()),
        ("SecurityGroupIds", vec!["sg-1"].into()),
        ("BlockDeviceMappings[0].DeviceName", "/dev/xvda".into()),
        ("BlockDeviceMappings[0].Ebs.VolumeType", "gp3".into()),
        ("BlockDeviceMappings[0].Ebs.Encrypted", true.into()),
        ("TagSpecifications[1].ResourceType", "volume".into()),
    ] {
        assert_eq!(template.get(&format!("LaunchTemplateData.{path}")), &wanted, "{path}");
    }
    assert!(template.find("LaunchTemplateData.InstanceMarketOptions").is_none());
    assert!(template.options().replace_on_changes.is_empty(), "a change is another version of it");
}

#[test]
fn a_load_balancer_stands_before_a_group_if_it_is_wanted() {
    let web = planned(|plan| drop(group().declare_behind(&front(), plan)));
    assert_eq!(web.count(), 5);
    assert_eq!(web.misfits(), Vec::<String>::new());
    let targets = web.resource("AWS::ElasticLoadBalancingV2::TargetGroup", "web-qa-target-group");
    for (path, wanted) in [
        ("Name", Value::from("web-qa-tg")),
        ("Port", 443.into()),
        ("Protocol", "HTTPS".into()),
        ("HealthCheckPort", "443".into()),
        ("HealthCheckPath", "/".into()),
        ("HealthCheckIntervalSeconds", 10.into()),
        ("HealthCheckTimeoutSeconds", 5.into()),
        ("HealthyThresholdCount", 2.into()),
        ("UnhealthyThresholdCount", 3.into()),
        ("Matcher.HttpCode", "200".into()),
    ] {
        assert_eq!(targets.get(path), &wanted, "{path}");
    }
    let balancer = web.resource("AWS::ElasticLoadBalancingV2::LoadBalancer", "web-qa-load-balancer");
    for (path, wanted) in
        [("Name", "web-qa-lb"), ("Scheme", "internet-facing"), ("IpAddressType", "dualstack"), ("Type", "application")]
    {
        assert_eq!(balancer.text(path), wanted, "{path}");
    }
    assert_eq!(balancer.get("LoadBalancerAttributes[0].Value"), &Value::from("60"));
    let listener = web.resource("AWS::ElasticLoadBalancingV2::Listener", "web-qa-load-balancer-listener");
    assert_eq!(listener.text("Certificates[0].CertificateArn"), "arn:certificate");
    assert!(listener.origins("DefaultActions[0].TargetGroupArn")[0].ends_with("::web-qa-target-group.TargetGroupArn"));
    let scaled = web.resource("AWS::AutoScaling::AutoScalingGroup", "web-qa-auto-scale-group");
    assert!(scaled.origins("TargetGroupARNs")[0].ends_with("::web-qa-target-group.TargetGroupArn"));
}

#[test]
fn a_front_may_take_plain_http_and_keep_clients_with_one_instance() {
    let web = planned(|plan| {
        let front = Front {
            insecure_http: true,
            stickiness: Some(Stickiness::LoadBalancerCookie),
            reach: Reach::Inside,
            only_ipv4: true,
            ..front()
        };
        drop(group().declare_behind(&front, plan));
    });
    assert_eq!(web.count(), 6);
    let plain = web.resource("AWS::ElasticLoadBalancingV2::Listener", "web-qa-load-balanancer-http-listener");
    assert_eq!((plain.get("Port"), plain.text("Protocol")), (&Value::Int(80), "HTTP"));
    assert!(plain.find("Certificates").is_none());
    assert_eq!(plain.tag("Name"), Some("web-lb-qa"));
    let balancer = web.resource("AWS::ElasticLoadBalancingV2::LoadBalancer", "web-qa-load-balancer");
    assert_eq!([balancer.text("Scheme"), balancer.text("IpAddressType")], ["internal", "ipv4"]);
    let targets = web.resource("AWS::ElasticLoadBalancingV2::TargetGroup", "web-qa-target-group");
    assert_eq!(targets.text("TargetGroupAttributes[1].Value"), "lb_cookie");
}

#[test]
fn spare_capacity_is_asked_for_by_the_template_or_mixed_by_the_group() {
    let with = |spot: fn() -> Spot| {
        planned(move |plan| {
            let mut group = group();
            group.instances.spot = Some(spot());
            drop(group.declare(plan));
        })
    };
    let one = with(|| Spot { max_price: Some("0.1".to_owned()), ..Spot::default() });
    let market = "LaunchTemplateData.InstanceMarketOptions";
    let template = one.resource("AWS::EC2::LaunchTemplate", "web-qa-launch-template");
    assert_eq!(template.text(&format!("{market}.MarketType")), "spot");
    assert_eq!(template.text(&format!("{market}.SpotOptions.MaxPrice")), "0.1");
    assert_eq!(template.text(&format!("{market}.SpotOptions.InstanceInterruptionBehavior")), "terminate");

    let mixed = with(|| Spot { also: vec!["t3.micro".to_owned()], on_demand_base: 1, ..Spot::default() });
    assert_eq!(mixed.misfits(), Vec::<String>::new());
    let template = mixed.resource("AWS::EC2::LaunchTemplate", "web-qa-launch-template");
    assert!(template.find(market).is_none());
    let scaled = mixed.resource("AWS::AutoScaling::AutoScalingGroup", "web-qa-auto-scale-group");
    assert!(scaled.find("LaunchTemplate").is_none());
    let policy = "MixedInstancesPolicy";
    assert_eq!(scaled.text(&format!("{policy}.LaunchTemplate.Overrides[0].InstanceType")), "t3a.micro");
    assert_eq!(scaled.text(&format!("{policy}.LaunchTemplate.Overrides[1].InstanceType")), "t3.micro");
    let distribution = format!("{policy}.InstancesDistribution");
    assert_eq!(scaled.get(&format!("{distribution}.OnDemandBaseCapacity")), &Value::Int(1));
    assert_eq!(scaled.text(&format!("{distribution}.SpotAllocationStrategy")), "price-capacity-optimized");
}

#[test]
fn what_cannot_be_is_reported_all_at_once() {
    let web = planned(|plan| {
        let mut group = group();
        group.size = Size { least: 2, wanted: 1, most: 0 };
        group.max_lifetime_seconds = Some(3600);
        group.instances.volumes[0].size_gb = 0;
        let check =
            HealthCheck { path: "health".to_owned(), well_after: 1, timeout_seconds: 10, ..HealthCheck::default() };
        let front = Front { health_check: check, idle_seconds: 0, ..front() };
        drop(group.declare_behind(&front, plan));
    });
    let problems = web.problems();
    let told: Vec<&str> =
        problems.iter().filter_map(|problem| problem.split_once("`web-qa` ").map(|(_, told)| told)).collect();
    let wanted = [
        "has a volume `/dev/xvda` of 0 GiB: it must be 1 at least",
        "has room for no instance: at most is 0",
        "wants 1 instances: that must be 2 to 0",
        "replaces instances after 3600 seconds: it must be a day (86400) at least",
        "is well after good answers: 1: it must be 2 to 10",
        "ends idle connections after seconds: 0: it must be 1 to 4000",
        "waits 10 seconds for an answer: it must be 2 at least, and less than 10, when it is asked again",
        "is asked at `health`: a path begins with `/`",
    ];
    assert_eq!(told, wanted);
}
