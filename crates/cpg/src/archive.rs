//! Archives of source files: the same files, the same bytes.

use std::collections::BTreeMap;

use plan::value::Digest;

/// The names of files that are put into an archive end so.
const ENDINGS: [&str; 3] = [".py", ".txt", ".json"];
/// The first day that an archive can say: 1 January 1980.
const DAY: u16 = 0x0021;
/// What is needed to open an archive: version 1.0, nothing compressed.
const VERSION: u16 = 10;

/// An archive of source files, which depends on their names and contents and on nothing else: no times, no compression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    bytes: Vec<u8>,
}

impl Archive {
    /// Whether a file of that name is a source.
    pub fn takes(name: &str) -> bool {
        ENDINGS.iter().any(|ending| name.ends_with(ending))
    }

    /// Files by name, put together. One that is greater than 4 GB is no source.
    pub fn of(files: &BTreeMap<String, String>) -> Self {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in files {
            let offset = size(bytes.len());
            let mut entry = Vec::new();
            for part in [VERSION, 0, 0, 0, DAY] {
                entry.extend(part.to_le_bytes());
            }
            entry.extend(crc32(content.as_bytes()).to_le_bytes());
            entry.extend(size(content.len()).to_le_bytes());
            entry.extend(size(content.len()).to_le_bytes());
            entry.extend(short(name.len()).to_le_bytes());
            entry.extend([0, 0]);
            bytes.extend(*b"PK\x03\x04");
            bytes.extend(&entry);
            bytes.extend(name.as_bytes());
            bytes.extend(content.as_bytes());
            directory.extend(*b"PK\x01\x02");
            directory.extend(VERSION.to_le_bytes());
            directory.extend(&entry);
            // No comment, the first disk, no attributes.
            directory.extend([0; 10]);
            directory.extend(offset.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (start, count) = (size(bytes.len()), short(files.len()));
        let length = size(directory.len());
        bytes.extend(directory);
        bytes.extend(*b"PK\x05\x06\0\0\0\0");
        for part in [count.to_le_bytes(), count.to_le_bytes()] {
            bytes.extend(part);
        }
        bytes.extend(length.to_le_bytes());
        bytes.extend(start.to_le_bytes());
        bytes.extend([0, 0]);
        Self { bytes }
    }

    /// The bytes: a file that any `unzip` opens.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What stands for the content in the name of an object, so that another content is another object.
    pub fn hash(&self) -> String {
        Digest::of("archive", &self.bytes).to_string().chars().take(16).collect()
    }

    /// The bytes as text.
    pub fn to_base64(&self) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::with_capacity(self.bytes.len().div_ceil(3) * 4);
        for three in self.bytes.chunks(3) {
            let word = three.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
            let word = word << (8 * (3 - three.len()));
            for place in 0..4 {
                let index = usize::try_from((word >> (18 - 6 * place)) & 63).unwrap_or_default();
                out.push(if place > three.len() { '=' } else { char::from(ALPHABET[index]) });
            }
        }
        out
    }
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The check sum of an entry.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1)))
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::process::Command;

    use super::{Archive, crc32};

    fn files() -> BTreeMap<String, String> {
        let files = [("main.py", "print('hello')\n"), ("requirements.txt", ""), ("schema.json", "{\"ä\": 1}\n")];
        files.into_iter().map(|(name, content)| (name.to_owned(), content.to_owned())).collect()
    }

    #[test]
    fn check_sums_are_the_published_ones() {
        assert_eq!((crc32(b"123456789"), crc32(b"")), (0xCBF4_3926, 0));
    }

    #[test]
    fn the_same_files_are_the_same_bytes_and_other_ones_have_another_hash() {
        let archive = Archive::of(&files());
        assert_eq!(Archive::of(&files()), archive);
        let mut changed = files();
        changed.insert("main.py".to_owned(), "print('hallo')\n".to_owned());
        assert_ne!(Archive::of(&changed).hash(), archive.hash());
        assert_eq!(archive.hash().len(), 16);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "another program is the judge of the format")]
    fn other_programs_open_it() {
        let script = "import base64, io, sys, zipfile\n\
                      archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(sys.argv[1])))\n\
                      assert archive.testzip() is None\n\
                      for info in archive.infolist(): print(info.filename, info.date_time, archive.read(info))\n";
        let python = Command::new("python3").args(["-c", script]).arg(Archive::of(&files()).to_base64()).output();
        let python = python.expect("python3 runs");
        let said = String::from_utf8_lossy(&python.stdout).into_owned();
        assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
        let wanted = "main.py (1980, 1, 1, 0, 0, 0) b\"print('hello')\\n\"\n\
                      requirements.txt (1980, 1, 1, 0, 0, 0) b''\n\
                      schema.json (1980, 1, 1, 0, 0, 0) b'{\"\\xc3\\xa4\": 1}\\n'\n";
        assert_eq!(said, wanted);
    }
}
