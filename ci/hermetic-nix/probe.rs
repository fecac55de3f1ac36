//! Reads what no plan may read.

use plan::prelude::*;

#[derive(Config)]
struct Settings {
    reads: String,
    port: i64,
    disk: String,
}

#[derive(Outputs)]
#[outputs(project = "probe")]
struct Exports {
    found: Output<String>,
}

/// The project.
pub fn project() -> Project {
    Project::new("probe", plan)
}

fn plan(stack: &Stack, settings: Settings) -> Result<Plan<Exports>> {
    let named = |error: std::io::Error| Diagnostic::error("E0999", format!("{}: {error}", settings.reads));
    let found = match settings.reads.as_str() {
        "clock" => format!("{:?}", std::time::SystemTime::now()),
        "disk" => std::fs::read_to_string(&settings.disk).map_err(named)?,
        "network" => {
            let port = u16::try_from(settings.port).unwrap_or_default();
            std::net::TcpStream::connect(("127.0.0.1", port)).map(|_| "connected".to_owned()).map_err(named)?
        }
        _ => stack.optional_file("groundplan.toml")?.unwrap_or_default(),
    };
    stack.plan().finish(Exports { found: Output::known(found) })
}
