use cpg::{Centre, Plugin};
use plan::{IntoExpr, Result};

struct Notes;

pub fn plugin() -> &'static dyn Plugin {
    &Notes
}

impl Plugin for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn on_group_finalisation(&self, centre: &Centre<'_>) -> Result<()> {
        let bucket = centre.bucket("notes-bucket", "ex-notes", "ex-notes-of-analysts");
        centre.declare("storage.googleapis.com/Object", "notes-of-analysts", |object| {
            object.set("bucket", bucket.into_expr());
            object.set("name", "analysts.json".into());
            object.set("content", centre.members("alpha-analysis").to_json().into_expr());
        });
        Ok(())
    }
}
