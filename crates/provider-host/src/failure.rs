//! What can go wrong on the way to a host and on it.

use ports::{ProviderError, ProviderErrorKind};

use crate::connect::Said;

pub(crate) type Result<T> = std::result::Result<T, ProviderError>;

/// A request that no host could do.
pub(crate) fn refused(code: &str, message: impl Into<String>) -> ProviderError {
    ProviderError { kind: ProviderErrorKind::Refused, code: code.to_owned(), message: message.into() }
}

/// The reason why a script said nothing of something; `begun` = it had begun.
pub(crate) fn silence(host: &str, said: &Said, begun: bool) -> ProviderError {
    let talk = said.talk.trim();
    let has = |texts: &[&str]| texts.iter().any(|text| talk.contains(text));
    let last = talk.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
    let (kind, code, message) = if begun {
        (ProviderErrorKind::Lost, "ConnectionLost", format!("the connection to {host} was lost on the way: {last}"))
    } else if has(&["Host key verification failed", "HOST IDENTIFICATION HAS CHANGED"]) {
        (ProviderErrorKind::Refused, "HostKey", format!("{host} is not known, or shows another key than before"))
    } else if has(&["sudo:"]) {
        (ProviderErrorKind::Credentials, "Sudo", format!("whoever logs in to {host} cannot become root: {last}"))
    } else if has(&["Permission denied"]) {
        (ProviderErrorKind::Credentials, "Login", format!("{host} lets nobody in: {last}"))
    } else if has(&["connect to host", "Could not resolve hostname"]) {
        (ProviderErrorKind::Unavailable, "Unreachable", format!("{host} cannot be reached: {last}"))
    } else {
        (ProviderErrorKind::Lost, "NoAnswer", format!("{host} gave no answer: {last}"))
    };
    ProviderError { kind, code: code.to_owned(), message }
}

/// What helps.
pub(crate) fn hint(error: &ProviderError) -> Option<String> {
    Some(match error.code.as_str() {
        "Moved" => {
            "see what became of it with `runner preview --refresh`; `runner up --refresh` makes it what is declared"
                .into()
        }
        "HostKey" => "log in once by hand, look whether the key is the host's, and accept it".into(),
        "Sudo" => "allow the user to run `sudo` without a password, or log in as root".into(),
        "Login" => "log in once by hand: what `ssh` needs for it is in its configuration or its agent".into(),
        "Unreachable" => "look whether the host is up, and at the `endpoint` of its instance in groundplan.toml".into(),
        "NoHost" => {
            "give the instance an `endpoint` in groundplan.toml: `ssh://user@host`, `local:` or `root:/directory`"
                .into()
        }
        "NoSpace" => "make room on the host, and run the command again".into(),
        "Locked" => "wait for the other run to end".into(),
        "NoUser" | "NoGroup" => "declare it, or name one that is there".into(),
        _ => return None,
    })
}
