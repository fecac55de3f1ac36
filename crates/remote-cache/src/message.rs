//! The messages of Bazel's remote execution protocol (`build.bazel.remote.execution.v2`) that entries are, as far as
//! they are used here. A cache that looks at what it is given finds real ones.

use prost::Message;

/// The result of an action, as the action cache holds it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ActionResult {
    /// The blobs that it gave.
    #[prost(message, repeated, tag = "2")]
    pub output_files: Vec<OutputFile>,
    /// How it ended.
    #[prost(int32, tag = "4")]
    pub exit_code: i32,
    /// What it said.
    #[prost(bytes = "vec", tag = "5")]
    pub stdout_raw: Vec<u8>,
    /// Who did it.
    #[prost(message, optional, tag = "9")]
    pub execution_metadata: Option<ExecutedActionMetadata>,
}

/// A blob with the name that the action gives it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct OutputFile {
    /// Its name.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Where it is.
    #[prost(message, optional, tag = "2")]
    pub digest: Option<BlobDigest>,
}

/// The address of a blob; `Digest` there.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct BlobDigest {
    /// Its SHA-256 in hexadecimal digits.
    #[prost(string, tag = "1")]
    pub hash: String,
    /// Its length.
    #[prost(int64, tag = "2")]
    pub size_bytes: i64,
}

/// Who did an action.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ExecutedActionMetadata {
    /// The worker; here, the signature of the one who stored it.
    #[prost(string, tag = "1")]
    pub worker: String,
}
