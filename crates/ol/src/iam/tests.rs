use plan::IntoExpr;
use plan::prelude::*;

use super::*;

fn allow(actions: &[&str]) -> Json {
    let actions: Vec<&str> = actions.to_vec();
    document([object!({ "Effect": "Allow", "Action": actions, "Resource": "*" })])
}

fn issues(document: &Json, ignored: &[Ignore]) -> Vec<String> {
    lint(document, ignored)
        .iter()
        .map(|f| f.way.map_or_else(|| f.issue.to_owned(), |way| format!("{}:{way}", f.issue)))
        .collect()
}

#[test]
fn credentials_and_escalation_are_found_through_wildcards_and_denials() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["s3:PutObject", "ec2:DescribeInstances"], &[]),
        (&["ecr:GetAuthorizationToken"], &["CREDENTIALS_EXPOSURE"]),
        (&["ecr:get*"], &["CREDENTIALS_EXPOSURE"]),
        (&["ECR:Get*Token?"], &[]),
        (&["iam:AttachRolePolicy"], &[]),
        (
            &["iam:AttachRolePolicy", "sts:AssumeRole"],
            &["CREDENTIALS_EXPOSURE", "PRIVILEGE_ESCALATION:AttachRolePolicy"],
        ),
        (&["iam:PassRole", "ec2:RunInstances"], &["PRIVILEGE_ESCALATION:CreateEC2WithExistingIP"]),
    ];
    for (actions, wanted) in cases {
        assert_eq!(issues(&allow(actions), &[]), *wanted, "{actions:?}");
    }
    assert_eq!(lint(&allow(&["*"]), &[]).len(), 23, "everything that is known");
    let denied = document([
        object!({ "Effect": "Allow", "Action": "iam:*", "Resource": "*" }),
        object!({ "Effect": "Deny", "NotAction": "iam:Get*", "Resource": "*" }),
    ]);
    assert_eq!(issues(&denied, &[]), Vec::<String>::new());
}

#[test]
fn a_rule_is_ignored_only_for_the_actions_that_are_named() {
    let document = allow(&["ecr:GetAuthorizationToken"]);
    let ignore = |actions| issues(&document, &[Ignore::actions("CREDENTIALS_EXPOSURE", actions)]);
    assert!(ignore(&["ecr:getauthorizationtoken"]).is_empty());
    assert!(ignore(&["ecr:*"]).is_empty());
    assert_eq!(ignore(&["sts:AssumeRole"]), ["CREDENTIALS_EXPOSURE"]);
    assert!(issues(&document, &[Ignore::issue("CREDENTIALS_EXPOSURE")]).is_empty());
}

#[test]
fn the_shape_of_a_document_is_checked() {
    let document = object!({ "Statement": [
        { "Sid": "a-b", "Effect": "Allow", "Action": "s3:GetObject", "NotResource": "x" },
        { "Sid": "a-b", "Effect": "Maybe", "Resource": "*" },
    ] });
    let wanted = [
        "NO_VERSION",
        "INVALID_SID",
        "NOTRESOURCE_WITH_ALLOW",
        "INVALID_SID",
        "DUPLICATE_SID",
        "MALFORMED",
        "MALFORMED",
    ];
    assert_eq!(issues(&document, &[]), wanted);
}

#[test]
fn documents_are_split_as_they_always_were() {
    let whole = document([
        object!({ "Effect": "Allow", "Resource": ["arn:aws:s3:::b/*"], "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] }),
        object!({ "Effect": "Allow", "Resource": "*", "Action": "sts:AssumeRole" }),
    ]);
    let [get, put, delete, assume] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "sts:AssumeRole"];
    let cases: &[(usize, &[&[&[&str]]])] = &[
        (6144, &[&[&[get, put, delete], &[assume]]]),
        (200, &[&[&[get, put, delete]], &[&[assume]]]),
        (150, &[&[&[get, put]], &[&[delete]], &[&[assume]]]),
    ];
    for (max, wanted) in cases {
        let documents = split(&whole, *max, None).expect("they fit");
        let actions: Vec<Vec<Vec<String>>> = documents.iter().map(pieces).collect();
        assert_eq!(actions, *wanted, "{max}");
    }
    assert_eq!(
        split(&whole, 120, None).map(|d| d.len()),
        Err("s3:GetObject alone is 81 bytes, budget 78 of 120".into())
    );
}

/// The actions of each statement of a document.
fn pieces(document: &Json) -> Vec<Vec<String>> {
    let value = IntoExpr::into_expr(document).to_value().expect("known");
    let statements = value.at(&"Statement".parse().expect("a path")).and_then(|v| v.as_list()).expect("a list");
    let actions = |statement: &plan::value::Value| {
        let list = statement.at(&"Action".parse().expect("a path")).and_then(|v| v.as_list()).expect("a list");
        list.iter().filter_map(|action| action.as_str().map(str::to_owned)).collect()
    };
    statements.iter().map(actions).collect()
}

#[test]
fn the_number_of_documents_does_not_depend_on_what_is_not_known() {
    let bucket = Output::<String>::from_expr(plan::expr::Expr::Output {
        stack: "s.QA".into(),
        path: "arn".parse().expect("a path"),
        ty: plan::value::Type::String,
        optional: false,
    });
    let whole =
        document([object!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": bucket })]);
    assert!(split(&whole, 150, None).is_err());
    assert_eq!(split(&whole, 150, Some(20)).map(|d| d.len()), Ok(1));
    assert_eq!(split(&whole, 150, Some(35)).map(|d| d.len()), Ok(2));
}

#[test]
fn route53_documents_list_the_zones_in_order() {
    let value = IntoExpr::into_expr(route53_records(["Z1", "Z2"])).to_value().expect("known");
    let resources = value.at(&"Statement[0].Resource".parse().expect("a path")).cloned();
    let wanted = ["arn:aws:route53:::hostedzone/Z1", "arn:aws:route53:::hostedzone/Z2", "arn:aws:route53:::change/*"];
    assert_eq!(resources, Some(wanted.to_vec().into()));
}
