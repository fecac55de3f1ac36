use super::*;
use crate::keyring::Kind;

const CANARY: &str = "canary-5f1d \"ü\"\n";
const KEY: [u8; 32] = [7; 32];

fn identity() -> (Keyring, Recipient, SecretText) {
    let (secret, recipient) = generate_identity();
    let keyring = Keyring::parse(&format!("# A comment.\n\n{}\n", secret.expose()), "keys.txt").expect("an identity");
    assert_eq!(keyring.recipients(), std::slice::from_ref(&recipient));
    (keyring, Recipient::parse(&recipient).expect("a recipient"), secret)
}

fn context() -> Context {
    Context::new("infrastructure.aws.network.QA", "db.password")
}

#[test]
fn a_secret_opens_for_each_recipient_and_for_nobody_else() {
    let ((ours, a, _), (theirs, b, _), (other, _, _)) = (identity(), identity(), identity());
    let sealed = seal(CANARY, &context(), &[a, b], &KEY).expect("seals");
    assert!(sealed.ciphertext.starts_with("age:") && !sealed.ciphertext.contains(char::is_whitespace));
    for keyring in [&ours, &theirs] {
        assert_eq!(open(&sealed.ciphertext, &context(), keyring).expect("opens").expose(), CANARY);
        assert_eq!(verify(&sealed, &context(), keyring, &KEY), Ok(()));
    }
    let refused = |keyring: &Keyring| open(&sealed.ciphertext, &context(), keyring).expect_err("does not open");
    assert_eq!(refused(&other), OpenError::NotForUs { origins: vec!["keys.txt".to_owned()] });
    assert_eq!(refused(&Keyring::empty()), OpenError::NoIdentity);
    assert!(matches!(verify(&sealed, &context(), &ours, &[8; 32]), Err(OpenError::OtherFingerprint { .. })));
}

#[test]
fn a_secret_that_was_copied_by_hand_is_refused_with_both_places() {
    let (keyring, recipient, _) = identity();
    let sealed = seal(CANARY, &context(), &[recipient], &KEY).expect("seals");
    let elsewhere = Context::new("infrastructure.aws.network.Production", "db.password");
    let error = open(&sealed.ciphertext, &elsewhere, &keyring).expect_err("another place");
    assert_eq!(
        error.to_string(),
        "the secret was sealed for `db.password` of `infrastructure.aws.network.QA`, \
         but stands at `db.password` of `infrastructure.aws.network.Production`"
    );
    assert_eq!(error.diagnostic().code, "E0234");
}

#[test]
fn the_fingerprint_depends_on_key_place_and_content_but_not_on_the_recipients() {
    let ((_, a, _), (_, b, _)) = (identity(), identity());
    let fingerprint = |recipient: &Recipient, text: &str, context: &Context, key: &[u8; 32]| {
        seal(text, context, std::slice::from_ref(recipient), key).expect("seals").fingerprint
    };
    let base = fingerprint(&a, "x", &context(), &KEY);
    assert_eq!(base, fingerprint(&b, "x", &context(), &KEY));
    assert_ne!(base, fingerprint(&a, "y", &context(), &KEY));
    assert_ne!(base, fingerprint(&a, "x", &context(), &[8; 32]));
    let shifted = Context::new("infrastructure.aws.network.QAdb", ".password");
    assert_ne!(base, fingerprint(&a, "x", &shifted, &KEY), "parts cannot be shifted into each other");
}

#[test]
fn a_passphrase_seals_alone() {
    let (_, key, _) = identity();
    let passphrase = Recipient(Kind::Passphrase(SecretText::new("correct horse"), Some(2)));
    let sealed = seal("x", &context(), std::slice::from_ref(&passphrase), &KEY).expect("seals");
    let (mut keyring, _, _) = identity();
    let opened = |keyring: &Keyring| open(&sealed.ciphertext, &context(), keyring).map(|text| text.expose().to_owned());
    assert_eq!(opened(&keyring), Err(OpenError::NeedsPassphrase));
    keyring.add_passphrase(SecretText::new("wrong"));
    assert!(matches!(opened(&keyring), Err(OpenError::NotForUs { .. })));
    keyring.add_passphrase(SecretText::new("correct horse"));
    assert_eq!(opened(&keyring), Ok("x".to_owned()));
    assert_eq!(seal("x", &context(), &[passphrase, key], &KEY), Err(SealError::MixedRecipients));
    assert_eq!(seal("x", &context(), &[], &KEY), Err(SealError::NoRecipients));
    assert_eq!(Recipient::parse_all(&["passphrase"], None).err(), Some(SealError::NeedsPassphrase));
}

#[test]
fn raw_keys_open_for_their_purpose_only() {
    let (keyring, recipient, _) = identity();
    let key = generate_key().expect("random bytes");
    let sealed = seal_key(&key, "organisation key of ol", &[recipient]).expect("seals");
    assert_eq!(open_key(&sealed, "organisation key of ol", &keyring), Ok(key));
    let error = open_key(&sealed, "state key of profile live", &keyring).expect_err("another purpose");
    assert_eq!(
        error.to_string(),
        "the secret was sealed for the organisation key of ol, but stands at the state key of profile live"
    );
}

#[test]
fn state_is_encrypted_for_a_context() {
    let key = StateKey::new(KEY);
    let text = key.encrypt(CANARY.as_bytes(), "id urn path").expect("encrypts");
    assert_ne!(text, key.encrypt(CANARY.as_bytes(), "id urn path").expect("encrypts"), "a nonce is never used twice");
    assert_eq!(key.decrypt(&text, "id urn path").as_deref(), Ok(CANARY.as_bytes()));
    assert_eq!(key.decrypt(&text, "id urn other"), Err(OpenError::Damaged));
    assert_eq!(StateKey::new([8; 32]).decrypt(&text, "id urn path"), Err(OpenError::Damaged));
    let fixed = "x1:gYGLn35YceNDOkKgM6+oW/EiQJ4BamHAy8RTCrEtw7qfI+g46VTNRtUpBg==";
    assert_eq!(key.decrypt(fixed, "c").as_deref(), Ok(&b"old"[..]), "state of older versions is read");
    assert_eq!(key.fingerprint(b"x"), StateKey::new(KEY).fingerprint(b"x"));
    assert_ne!(key.fingerprint(b"x"), key.fingerprint(b"y"));
}

#[test]
fn damage_is_an_error_never_a_panic() {
    let (keyring, recipient, _) = identity();
    let sealed = seal("x", &context(), &[recipient], &KEY).expect("seals").ciphertext;
    for text in ["", "age:", "age:!", "x1:", "x1:AAAA", "age:AAAA", "plain"] {
        assert!(open(text, &context(), &keyring).is_err(), "{text}");
        assert!(StateKey::new(KEY).decrypt(text, "").is_err(), "{text}");
    }
    for cut in (0..sealed.len()).step_by(7) {
        assert!(open(&sealed[..cut], &context(), &keyring).is_err(), "{cut}");
    }
}

#[test]
fn no_content_is_ever_shown() {
    let (keyring, recipient, secret) = identity();
    let sealed = seal(CANARY, &context(), std::slice::from_ref(&recipient), &KEY).expect("seals");
    let mut texts = vec![format!("{keyring:?} {recipient:?} {sealed:?} {secret:?} {:?}", StateKey::new([b'c'; 32]))];
    texts.push(format!("{:?}", open(&sealed.ciphertext, &context(), &keyring)));
    texts.push(format!("{:?}", Recipient::passphrase(SecretText::new(CANARY))));
    let broken = format!("{}x\nage1xyz\n{CANARY}", secret.expose());
    let found = Keyring::parse(&broken, "keys.txt").expect_err("three bad lines");
    assert_eq!(found.iter().map(|d| d.place.as_ref().map_or(0, |p| p.line)).collect::<Vec<_>>(), [1, 2, 3]);
    texts.push(format!("{found:?}"));
    let misplaced = Recipient::parse(secret.expose()).expect_err("an identity is no recipient");
    texts.push(format!("{misplaced} {misplaced:?} {:?}", misplaced.diagnostic()));
    for text in texts {
        assert!(!text.contains("canary-5f1d") && !text.contains(&secret.expose()[..30]), "{text}");
        assert!(!text.contains("99, 99"), "{text}");
    }
}
