use value::Digest;

use super::*;

fn key() -> SecretKey {
    SecretKey::generate().expect("there are random numbers")
}

fn digest(text: &str) -> Digest {
    Digest::of("test", text.as_bytes())
}

fn trusting(keys: &[(&str, &SecretKey)]) -> Signers {
    Signers::new(keys.iter().map(|(name, key)| ((*name).to_owned(), key.public())))
}

#[test]
fn a_signature_counts_for_its_signer_domain_and_digest_only() {
    let (alice, bob, mallory) = (key(), key(), key());
    let signers = trusting(&[("alice", &alice), ("bob", &bob)]);
    let signature = alice.sign("plan/1", digest("a"));
    assert_eq!(signers.verify(&signature, "plan/1", digest("a")), Ok("alice"));
    let broken = Err(Refused::Broken("alice".to_owned()));
    assert_eq!(signers.verify(&signature, "plan/1", digest("b")), broken, "another content");
    assert_eq!(signers.verify(&signature, "approval/1", digest("a")), broken, "another domain");
    let foreign = mallory.sign("plan/1", digest("a"));
    assert_eq!(signers.verify(&foreign, "plan/1", digest("a")), Err(Refused::Unknown(mallory.public())));
    // Mallory says that it is bob's.
    let text = foreign.to_string().replace(&mallory.public().to_string(), &bob.public().to_string());
    let claimed: Signature = text.parse().expect("has the form");
    assert_eq!(signers.verify(&claimed, "plan/1", digest("a")), Err(Refused::Broken("bob".to_owned())));
    assert!(Signers::default().verify(&signature, "plan/1", digest("a")).is_err(), "nobody is trusted by default");
}

#[test]
fn every_flipped_bit_breaks_a_signature() {
    let alice = key();
    let signers = trusting(&[("alice", &alice)]);
    let signature = alice.sign("plan/1", digest("a"));
    let secret = ed25519_dalek::Signature::try_from(&raw(&signature)[..]).expect("64 bytes").to_bytes();
    for bit in 0..512 {
        let mut bytes = secret;
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = Signature::new(alice.public(), bytes);
        assert!(signers.verify(&flipped, "plan/1", digest("a")).is_err(), "bit {bit}");
    }
}

fn raw(signature: &Signature) -> [u8; 64] {
    let text = signature.to_string();
    let (_, signature) = text.rsplit_once(':').expect("has parts");
    key::bytes(signature).expect("is 64 bytes")
}

#[test]
fn keys_and_signatures_come_back_from_their_texts() {
    let key = key();
    let again = SecretKey::parse(&key.expose_file()).expect("reads");
    assert_eq!(again.public(), key.public());
    assert_eq!(key.public().to_string().parse(), Ok(key.public()));
    let signature = key.sign("d", digest("a"));
    let json = serde_json::to_string(&signature).expect("is text");
    assert_eq!(serde_json::from_str::<Signature>(&json).expect("reads"), signature);
    assert!(key.expose_file().contains(&format!("# public: {}", key.public())), "the public half stands in the file");
}

#[test]
fn a_secret_key_is_shown_by_its_public_half() {
    let key = key();
    let file = key.expose_file();
    let secret = file.lines().last().and_then(|line| line.rsplit_once(':')).expect("a key").1;
    assert!(!format!("{key:?}").contains(secret), "Debug hides it");
    assert!(format!("{key:?}").contains(&key.public().to_string()));
}

#[test]
fn what_is_no_key_is_refused_without_showing_secrets() {
    let key = key();
    let (public, file) = (key.public().to_string(), key.expose_file());
    let line = file.lines().last().expect("a key");
    let secret = |text: &str| SecretKey::parse(text).map(|key| key.public());
    assert_eq!(secret(""), Err(KeyError::NotASecretKey));
    assert_eq!(secret("# only a remark\n"), Err(KeyError::NotASecretKey));
    assert_eq!(secret(&public), Err(KeyError::PublicAsSecret));
    assert_eq!(secret(&format!("{line}\n{line}\n")), Err(KeyError::Several));
    assert_eq!(secret(&line[..line.len() - 1]), Err(KeyError::NotASecretKey), "cut");
    assert_eq!(line.parse::<PublicKey>(), Err(KeyError::SecretAsPublic));
    for text in ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA", &public[..public.len() - 1]] {
        assert_eq!(text.parse::<PublicKey>(), Err(KeyError::NotAPublicKey(text.to_owned())), "{text}");
    }
    // The neutral point: everybody can sign for it.
    let weak = format!("ed25519:AQ{}", "A".repeat(41));
    assert!(weak.parse::<PublicKey>().is_err(), "a weak key");
    for text in ["", "ed25519:a", &public, "ed25519:a:b"] {
        assert_eq!(text.parse::<Signature>(), Err(ParseSignatureError), "{text}");
    }
}
