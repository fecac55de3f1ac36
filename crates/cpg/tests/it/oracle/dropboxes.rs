//! What the server of dropboxes is told: all of them, as JSON on one line.

use serde_json::Value as Json;

use super::config::{Cloud, Dropbox};
use super::gcp::text;
use super::made::Earlier;

impl Earlier<'_> {
    pub(crate) fn dropbox_server(&mut self) {
        let Some(section) = &self.centre.infrastructure.data_dropbox else { return };
        let common = self.common(Cloud::Gcp);
        let (name, project) = ("dropbox-server-config", section.gcp.project.as_str());
        let datasets = self.centre.datasets.iter();
        let all =
            datasets.flat_map(|(name, dataset)| dataset.upload_config.dropboxes.iter().map(move |one| (name, one)));
        let all: Vec<String> = all.map(|(name, dropbox)| self.dropbox(name, dropbox)).collect();
        let content = format!("{{\"dropboxes\": [{}]}}", all.join(", "));
        let version = "data-dropbox-server-config-latest";
        let secret = self.google_secret(common, common.nm(name), (name, project), (version, &content));
        let server = text(&section.gcp.server_machine_account);
        self.google_secret_role(common, "data-dropbox-server-config-accessor", &secret, project, &server);
    }

    fn dropbox(&self, dataset: &str, dropbox: &Dropbox) -> String {
        let users = &self.centre.infrastructure.users;
        let uploaders = dropbox.uploaders.iter().map(|key| users[key].clouds[&Cloud::Gcp].id.clone());
        let entries: [(&str, Json); 10] = [
            ("id", dropbox.id.clone().into()),
            ("name", dropbox.name.clone().into()),
            ("allowed_filetypes", dropbox.allowed_filetypes.clone().into()),
            ("uploaders", uploaders.collect()),
            ("max_concurrent_files", dropbox.max_concurrent_files.into()),
            ("description", dropbox.description.clone().into()),
            ("max_file_size", dropbox.max_file_size.into()),
            ("move_to_bucket", dropbox.move_to_bucket.clone().into()),
            ("slack_notification_channel_id", dropbox.slack_notification_channel_id.clone().into()),
            ("project", dataset.into()),
        ];
        let entries: Vec<String> = entries.iter().map(|(key, value)| format!("\"{key}\": {}", spaced(value))).collect();
        format!("{{{}}}", entries.join(", "))
    }
}

/// JSON with a space after each comma, and nothing in it but ASCII.
fn spaced(value: &Json) -> String {
    if let Json::Array(items) = value {
        return format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", "));
    }
    let mut out = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}
