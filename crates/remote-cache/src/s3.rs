//! Caches in S3 buckets, over HTTP with signed addresses (AWS Signature Version 4, in the query).

use std::time::Duration;

use jiff::Timestamp;
use ports::{CacheError, RemoteCache, Space};
use sha2::{Digest as _, Sha256};
use ureq::Agent;

use crate::http;

/// For how many seconds a signed address is good.
const GOOD_FOR: u32 = 300;

/// Who asks.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub key: String,
    pub secret: String,
    pub session: Option<String>,
}

/// A cache below a prefix of a bucket.
pub(crate) struct S3Cache {
    pub agent: Agent,
    /// The address of the bucket, without a slash at its end.
    pub bucket: String,
    /// What all keys start with, with a slash at its end if there is one.
    pub prefix: String,
    pub region: String,
    pub credentials: Credentials,
}

impl S3Cache {
    fn url(&self, method: &str, space: Space, key: &str) -> String {
        let object = format!("{}/{}{}/{key}", self.bucket, self.prefix, space.name());
        sign(method, &object, &self.region, &self.credentials, Timestamp::now(), GOOD_FOR)
    }
}

impl RemoteCache for S3Cache {
    fn get(&self, space: Space, key: &str, within: Duration) -> Result<Option<Vec<u8>>, CacheError> {
        http::get(&self.agent, &self.url("GET", space, key), None, within)
    }

    fn put(&self, space: Space, key: &str, bytes: &[u8], within: Duration) -> Result<(), CacheError> {
        http::put(&self.agent, &self.url("PUT", space, key), None, bytes, within)
    }
}

/// The address of an object, signed for one method and for some seconds.
pub(crate) fn sign(
    method: &str,
    object: &str,
    region: &str,
    credentials: &Credentials,
    now: Timestamp,
    good_for: u32,
) -> String {
    let (host, path) =
        object.split_once("://").map_or(object, |(_, rest)| rest).split_once('/').unwrap_or((object, ""));
    let (time, day) = (now.strftime("%Y%m%dT%H%M%SZ").to_string(), now.strftime("%Y%m%d").to_string());
    let scope = format!("{day}/{region}/s3/aws4_request");
    let mut pairs = vec![
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("X-Amz-Credential", format!("{}/{scope}", credentials.key)),
        ("X-Amz-Date", time.clone()),
        ("X-Amz-Expires", good_for.to_string()),
    ];
    pairs.extend(credentials.session.clone().map(|session| ("X-Amz-Security-Token", session)));
    pairs.push(("X-Amz-SignedHeaders", "host".to_owned()));
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escape(value, false))).collect();
    let query = query.join("&");
    let canonical = format!("{method}\n/{}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", escape(path, true));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(Sha256::digest(canonical.as_bytes()).into()));
    let first = format!("AWS4{}", credentials.secret).into_bytes();
    let parts = [day.as_str(), region, "s3", "aws4_request"];
    let key = parts.iter().fold(first, |key, part| hmac(&key, part.as_bytes()).to_vec());
    let signature = hex(hmac(&key, text.as_bytes()));
    let scheme = object.split_once("://").map_or("https", |(scheme, _)| scheme);
    format!("{scheme}://{host}/{}?{query}&X-Amz-Signature={signature}", escape(path, true))
}

/// HMAC with SHA-256.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: [u8; 32]) -> String {
    value::Digest::from_bytes(bytes).to_string()
}

/// A text as it stands in an address: all bytes but letters, digits and `-._~` as `%XX`.
fn escape(text: &str, slashes: bool) -> String {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (slashes && byte == b'/');
    text.bytes().map(|byte| if stays(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_what_rfc_4231_says() {
        let of = |key: &[u8], text: &[u8]| hex(hmac(key, text));
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, text, expected) in cases {
            assert_eq!(of(key, text), expected);
        }
    }

    /// The example in Amazon's description of signatures in queries.
    #[test]
    fn a_signature_is_the_one_that_amazon_makes() {
        let credentials = Credentials {
            key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session: None,
        };
        let now = Timestamp::from_second(1_369_353_600).expect("a time");
        let sign = |method, object| sign(method, object, "us-east-1", &credentials, now, 86_400);
        assert_eq!(
            sign("GET", "https://examplebucket.s3.amazonaws.com/test.txt"),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
        let signature = |url: String| url.rsplit_once('=').map(|(_, signature)| signature.to_owned());
        let others = [
            sign("PUT", "https://examplebucket.s3.amazonaws.com/test.txt"),
            sign("GET", "https://examplebucket.s3.amazonaws.com/other.txt"),
            sign("GET", "http://127.0.0.1:5000/examplebucket/test.txt"),
        ];
        for other in others {
            assert!(!other.contains("aeeed9bb") && signature(other).is_some_and(|text| text.len() == 64));
        }
    }
}
