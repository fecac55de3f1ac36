//! Entries: what is said under a key, by whom, and which blobs belong to it.

use cache::Address;
use prost::Message;
use signing::{Refused, SecretKey, Signature, Signers};
use value::Digest;

use crate::message::{ActionResult, BlobDigest, ExecutedActionMetadata, OutputFile};

/// What signatures of entries are for.
const DOMAIN: &str = "cache-entry/1";

/// What is under a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it says.
    pub payload: Vec<u8>,
    /// The blobs that belong to it, by name.
    pub files: Vec<File>,
}

/// A blob of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub name: String,
    pub address: Address,
    pub bytes: u64,
}

/// Why an entry does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Nobody has signed it.
    Unsigned,
    /// Somebody has who is not trusted.
    Stranger,
    /// Its signature is not of what it says.
    Broken,
    /// It is no entry at all.
    Damaged,
}

impl Entry {
    /// The entry as it is stored under a key, signed.
    pub(crate) fn seal(&self, key: Address, signer: &SecretKey) -> Vec<u8> {
        let mut result = self.result();
        let signature = signer.sign(DOMAIN, digest(key, &result));
        result.execution_metadata = Some(ExecutedActionMetadata { worker: signature.to_string() });
        result.encode_to_vec()
    }

    /// The entry that is stored under a key, if one of the signers has put it there.
    pub(crate) fn open(key: Address, bytes: &[u8], signers: &Signers) -> Result<Self, Doubt> {
        let mut result = ActionResult::decode(bytes).map_err(|_| Doubt::Damaged)?;
        let worker = result.execution_metadata.take().map(|metadata| metadata.worker).unwrap_or_default();
        let signature: Signature = worker.parse().map_err(|_| Doubt::Unsigned)?;
        signers.verify(&signature, DOMAIN, digest(key, &result)).map_err(|refused| match refused {
            Refused::Unknown(_) => Doubt::Stranger,
            Refused::Broken(_) => Doubt::Broken,
        })?;
        if result.exit_code != 0 {
            return Err(Doubt::Damaged);
        }
        let file = |file: OutputFile| {
            let digest = file.digest?;
            let bytes = u64::try_from(digest.size_bytes).ok()?;
            Some(File { name: file.path, address: digest.hash.parse().ok()?, bytes })
        };
        let files: Option<Vec<File>> = result.output_files.into_iter().map(file).collect();
        Ok(Self { payload: result.stdout_raw, files: files.ok_or(Doubt::Damaged)? })
    }

    fn result(&self) -> ActionResult {
        let file = |file: &File| OutputFile {
            path: file.name.clone(),
            digest: Some(BlobDigest {
                hash: file.address.to_string(),
                size_bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
            }),
        };
        ActionResult {
            output_files: self.files.iter().map(file).collect(),
            exit_code: 0,
            stdout_raw: self.payload.clone(),
            execution_metadata: None,
        }
    }
}

/// What is signed: the entry and the key that it is for, so that it is worth nothing under another.
fn digest(key: Address, result: &ActionResult) -> Digest {
    Digest::of_parts(DOMAIN, [key.to_string().as_bytes(), &result.encode_to_vec()])
}
