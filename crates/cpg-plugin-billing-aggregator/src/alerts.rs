//! Who is told when a function fails.

use cpg::{Centre, Handle};
use plan::{IntoExpr, Output, object, text};

use crate::Work;

/// What a function says of itself in a log, as whichever of the two it runs; `{}` = what it is called. White space is as it
/// was, so that what exists stays as it is.
const FILTER: &str = r#"
                ((
                    resource.type="cloud_function"
                    AND resource.labels.function_name="{}"
                ) OR (
                    resource.type="cloud_run_revision"
                    AND resource.labels.service_name="{}"
                ))
                AND severity>=WARNING
            "#;

impl Work<'_> {
    /// The channel that hears of failures. The secret by which it speaks there is read when it is made.
    pub(crate) fn slack_channel(&self) -> Output<String> {
        let name = "billing-aggregator-slack-notification-channel";
        let channel = self.centre.declare("monitoring.googleapis.com/NotificationChannel", name, |channel| {
            channel.set("parent", format!("projects/{}", self.project()).as_str().into());
            channel.set("type", "slack".into());
            channel.set("displayName", "Billing Aggregator Slack Notification Channel".into());
            channel.set("description", "Slack notification channel for all cost aggregator functions".into());
            channel.set("labels", object!({ "channel_name": self.aggregator.slack_channel.as_str() }).into_expr());
            let secret = &self.aggregator.slack_token_secret_name;
            let token = format!("projects/{}/secrets/{secret}/versions/latest", self.project());
            channel.set("secretLabels", object!({ "auth_token": token.as_str() }).into_expr());
        });
        channel.attribute("name")
    }

    /// Tells a channel what a function warns of; `title` = what people call the function.
    pub(crate) fn alert(&self, title: &str, function: &Handle, channel: &Output<String>) {
        let name = format!("billing-{}-alert", title.to_lowercase().replace(' ', "-"));
        let id = function.attribute::<String>("functionId");
        self.centre.declare("monitoring.googleapis.com/AlertPolicy", &name, |policy| {
            policy.set("parent", format!("projects/{}", self.project()).as_str().into());
            policy.set("displayName", format!("{} Billing Function Error Alert", sentence(title)).as_str().into());
            policy.set("combiner", "OR".into());
            policy.set("notificationChannels", vec![channel.into_expr()].into_expr());
            policy.set("alertStrategy", object!({ "notificationRateLimit": { "period": "300s" } }).into_expr());
            let condition = object!([{
                "displayName": "Function warning/error",
                "conditionMatchedLog": { "filter": text(FILTER, [&id, &id]) },
            }]);
            policy.set("conditions", condition.into_expr());
            Centre::wait(policy, &[function]);
        });
    }
}

/// A title with one capital, at its beginning: alerts that exist are called so.
fn sentence(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str().to_lowercase())
}
