//! What an instance writes when it first boots.

use plan::prelude::*;

/// A file that cloud-init writes.
#[derive(Clone, Debug)]
pub struct File {
    path: String,
    content: Output<String>,
    owner: Option<&'static str>,
    permissions: Option<&'static str>,
}

impl File {
    /// A file of root's that everybody may read.
    pub fn new(path: impl Into<String>, content: impl Arg<String>) -> Self {
        Self { path: path.into(), content: Output::known(content), owner: None, permissions: None }
    }

    /// Another owner: `consul:consul`.
    pub fn owner(mut self, owner: &'static str) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Other permissions: `0400`.
    pub fn permissions(mut self, permissions: &'static str) -> Self {
        self.permissions = Some(permissions);
        self
    }

    fn entry(&self) -> Json {
        match (self.owner, self.permissions) {
            (None, None) => object!({ "path": (&self.path), "content": (&self.content) }),
            (Some(owner), None) => object!({ "path": (&self.path), "content": (&self.content), "owner": owner }),
            (None, Some(mode)) => object!({ "path": (&self.path), "content": (&self.content), "permissions": mode }),
            (Some(owner), Some(mode)) => {
                object!({ "path": (&self.path), "content": (&self.content), "owner": owner, "permissions": mode })
            }
        }
    }
}

/// User data in base64 by which cloud-init writes files.
///
/// It is JSON after its first line, which is YAML as well.
pub fn cloud_config(files: impl IntoIterator<Item = File>) -> Output<String> {
    let files: Vec<Json> = files.into_iter().map(|file| file.entry()).collect();
    let config = Output::<Json>::known(object!({ "write_files": files }));
    text("#cloud-config\n{}\n", [config.to_json()]).to_base64()
}

/// The lines `KEY=value` of a file of variables.
pub fn variables(pairs: impl IntoIterator<Item = (&'static str, Output<String>)>) -> Output<String> {
    let (keys, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let lines: Vec<String> = keys.iter().map(|key| format!("{key}={{}}\n")).collect();
    text(&lines.concat(), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_as_cloud_init_reads_them() {
        let files = [
            File::new("/etc/a", variables([("X", Output::known("1")), ("Y", Output::known("2"))])),
            File::new("/etc/b", "secret").owner("b:b").permissions("0400"),
        ];
        let wanted = concat!(
            "#cloud-config\n",
            r#"{"write_files":[{"content":"X=1\nY=2\n","path":"/etc/a"},"#,
            r#"{"content":"secret","owner":"b:b","path":"/etc/b","permissions":"0400"}]}"#,
            "\n"
        );
        let wanted = Output::known(wanted).to_base64();
        assert_eq!(cloud_config(files).expr().to_value(), wanted.expr().to_value());
    }
}
