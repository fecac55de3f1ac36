//! A key that a user may log in with.

use super::{PART, Spec, by_properties};
use crate::Claim;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_authorized_key",
    word: "authorized_key",
    id: (&["user", "key"], ":"),
    path: None,
    compared: true,
    read: |fields, item| {
        let (user, key) = (fields.name("user"), fields.line("key"));
        let words: Vec<&str> = key.split(' ').collect();
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=@.-".contains(&b));
        if !key.is_empty() && !matches!(words.as_slice(), [kind, body] if plain(kind) && plain(body)) {
            fields.wrong("key", "is two words, such as `ssh-ed25519 AAAA…`; what is behind them is the `comment`");
        }
        let (options, comment) = (fields.some_line("options"), fields.some_line("comment"));
        let line = [options, Some(key.clone()), comment].into_iter().flatten().collect::<Vec<_>>().join(" ") + "\n";
        item.needs.push(Claim::User(user.clone()));
        item.claims.push(Claim::Other("a key of", format!("{user}: {key}")));
        item.state = State::Sum("part:", line.clone());
        item.words = vec![user, key];
        item.body = Some(line);
    },
    told: by_properties,
    shell: &[PART, include_str!("authorized_key.sh")],
};
