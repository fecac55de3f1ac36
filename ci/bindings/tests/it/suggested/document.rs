{
    use plan::object;
    use types_aws_kms::Key;

    Key::new("it")
        .description("A key")
        .enable_key_rotation(true)
        .key_policy(object!({
            "Statement": [
                {
                    "Action": "kms:*",
                    "Big": 5_000_000_000_i64,
                    "Effect": "Allow",
                    "Extra": null,
                    "None": {},
                    "Principal": { "AWS": "arn:aws:iam::1:root" },
                    "Resource": "*",
                    "Sid": "all",
                },
            ],
            "Version": "2012-10-17",
        }))
        .declare(&mut plan);
}
