use ol::bucket::{Encryption, Ownership, PublicAccess, Versioning};
use ol::{Bucket, BucketSettings, BusinessUnit, Tags};
use plan::prelude::*;
use plan::value::Value;
use testkit::{Given, Planned};

fn planned(bucket: fn(Bucket) -> Bucket) -> Planned {
    let plan = move |stack: &Stack, (): ()| -> Result<Plan<()>> {
        let mut plan = stack.plan();
        bucket(Bucket::new("logs", Tags::new(BusinessUnit::Operations, "operations-qa"))).declare(&mut plan);
        plan.finish(())
    };
    Given::stack(Project::new("test", plan), "QA").config("").evaluate()
}

#[test]
fn a_bucket_is_closed_and_cheap_unless_it_is_told_otherwise() {
    let plain = planned(|bucket| bucket);
    let bucket = plain.resource("AWS::S3::Bucket", "logs-bucket");
    assert_eq!(plain.count(), 1);
    assert_eq!(bucket.tag("Name"), Some("logs"), "without a name of its own that of the construct");
    assert!(bucket.find("BucketName").is_none());
    assert_eq!(bucket.get("LifecycleConfiguration.Rules").as_list().map(<[_]>::len), Some(2));
    assert_eq!(bucket.get("PublicAccessBlockConfiguration.RestrictPublicBuckets").as_bool(), Some(true));

    let site = planned(|bucket| {
        let settings = BucketSettings {
            versioning: Some(Versioning::Suspended),
            public_access: PublicAccess::ByPolicy,
            ownership: Ownership::BucketOwnerPreferred,
            tiering_days: Some(0),
            archive_days: Some(90),
            deep_archive_days: Some(180),
            abort_uploads_days: None,
        };
        bucket
            .bucket_name("site")
            .settings(settings)
            .encryption(Encryption::S3)
            .policy(object!({ "Version": "2012-10-17" }))
    });
    assert_eq!(site.misfits(), Vec::<String>::new());
    assert_eq!(site.by_type(), [("AWS::S3::Bucket", 1), ("AWS::S3::BucketPolicy", 1)].into_iter().collect());
    let bucket = site.resource("AWS::S3::Bucket", "logs-bucket");
    for (path, wanted) in [
        ("BucketName", Value::from("site")),
        ("VersioningConfiguration.Status", "Suspended".into()),
        ("PublicAccessBlockConfiguration.BlockPublicAcls", true.into()),
        ("PublicAccessBlockConfiguration.BlockPublicPolicy", false.into()),
        ("OwnershipControls.Rules[0].ObjectOwnership", "BucketOwnerPreferred".into()),
        ("IntelligentTieringConfigurations[0].Tierings[1].Days", 180.into()),
        ("LifecycleConfiguration.Rules[0].Id", "intelligent-tiering-transition".into()),
    ] {
        assert_eq!(bucket.get(path), &wanted, "{path}");
    }
}

#[test]
fn days_out_of_range_are_all_reported() {
    let planned = planned(|bucket| {
        bucket.settings(BucketSettings {
            archive_days: Some(800),
            deep_archive_days: Some(100),
            abort_uploads_days: Some(0),
            tiering_days: None,
            ..BucketSettings::default()
        })
    });
    let problems = planned.problems();
    let told: Vec<&str> =
        problems.iter().filter_map(|problem| problem.split_once("`logs` ").map(|(_, told)| told)).collect();
    let wanted = [
        "goes to the archive after 800 days: it must be 90 to 730",
        "goes to the deep archive after 100 days: it must be 180 to 730",
        "drops uploads after 0 days: it must be 1 to 65535",
        "goes to the deep archive after 100 days: it must be more than 800, as for the archive",
        "goes to an archive, but has no intelligent tiering",
    ];
    assert_eq!(told, wanted);
}
