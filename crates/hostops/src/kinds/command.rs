//! A command. What it does nobody knows, so it says by what one sees that it was done.

use super::{Spec, by_properties};
use crate::Claim;
use crate::script::quoted;

pub(super) const SPEC: Spec = Spec {
    token: "host_command",
    word: "command",
    id: (&["name"], ""),
    path: None,
    compared: false,
    read: |fields, item| {
        let name = fields.name("name");
        for property in ["run", "unless"] {
            fields.open_only(property);
        }
        let shell = |words: Vec<String>| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let (run, unless) = (shell(fields.texts("run")), shell(fields.texts("unless")));
        fields.required("run", None);
        let (creates, provides) = (fields.path("creates"), fields.lines("provides"));
        if provides.iter().any(|path| !path.starts_with('/')) {
            fields.wrong("provides", "are absolute paths");
        }
        let says = ["creates", "unless", "provides"];
        if !fields.lenient && !says.iter().any(|name| fields.is_given(name)) {
            let says = says.join("`, `");
            fields.problems.push(format!("nobody could see whether it was done: it says none of `{says}`"));
        }
        let user = fields.owner("user");
        item.needs.push(Claim::User(user.clone()));
        item.claims.push(Claim::Other("the command", name.clone()));
        item.claims.extend(creates.iter().chain(&provides).cloned().map(Claim::Path));
        item.words = vec![name, run, creates.unwrap_or_default(), unless, provides.join("\n"), user];
        item.again = Some([fields.map("run_on"), value::Map::new()]);
    },
    told: by_properties,
    shell: &[include_str!("command.sh")],
};
