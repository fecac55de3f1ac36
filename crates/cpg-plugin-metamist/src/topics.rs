//! Topics, and what hears them.

use cpg::{Centre, Handle, Member};
use plan::{IntoExpr, Output, object};

use crate::Work;

/// How often something is delivered before it is laid aside.
const ATTEMPTS: i64 = 5;

/// A topic with another one for what nobody took.
pub(crate) struct Topic {
    /// Its full name.
    pub(crate) name: Output<String>,
    /// The full name of the other one.
    dead_letters: Output<String>,
}

/// The topics.
pub(crate) struct Topics {
    /// What came.
    pub(crate) data: Topic,
    /// What somebody is to be told.
    pub(crate) notifications: Topic,
}

/// A function that is called for each message.
pub(crate) struct Listener<'a> {
    pub(crate) function: Handle,
    /// The account by which it is called.
    pub(crate) caller: &'a Member,
}

impl Work<'_> {
    pub(crate) fn topics(&self) -> Topics {
        let topic = |name: &str, dead_letters: &str| {
            let topic = Topic { name: self.topic(name), dead_letters: self.topic(dead_letters) };
            let (ty, name) = ("pubsub.googleapis.com/TopicIamMember", format!("{dead_letters}-iam-policy"));
            self.centre.grant(ty, &name, ("topic", &topic.dead_letters), "roles/pubsub.publisher", &self.postman);
            topic
        };
        Topics {
            data: topic("metamist-etl-topic", "metamist-etl-dead-letters-topic"),
            notifications: topic("metamist-etl-notification", "metamist-etl-notification-dead-letters-topic"),
        }
    }

    fn topic(&self, name: &str) -> Output<String> {
        let [pubsub] = self.enabled(["pubsub"]);
        let topic = self.centre.declare("pubsub.googleapis.com/Topic", name, |topic| {
            topic.set("parent", format!("projects/{}", self.project()).as_str().into());
            Centre::wait(topic, &[&pubsub]);
        });
        topic.attribute("name")
    }

    /// Delivers what came to the function that reads it in.
    pub(crate) fn deliver(&self, topics: &Topics, loader: &Listener<'_>) {
        let [pubsub] = self.enabled(["pubsub"]);
        let ty = "pubsub.googleapis.com/Subscription";
        let laid_aside = self.centre.declare(ty, "metamist-etl-dead-letter-subscription", |subscription| {
            subscription.set("parent", format!("projects/{}", self.project()).as_str().into());
            subscription.set("topic", topics.data.dead_letters.clone().into_expr());
            subscription.set("ackDeadlineSeconds", 20.into());
        });
        let name = "metamist-etl-subscription";
        let subscription = self.subscription(name, &topics.data, 300, loader, |subscription| {
            // It is there for ever.
            subscription.set("expirationPolicy", object!({}).into_expr());
            subscription.set("retryPolicy", object!({ "minimumBackoff": "10s" }).into_expr());
            Centre::wait(subscription, &[&pubsub, &laid_aside]);
        });
        self.heard(&subscription, "metamist-etl-pubsub-topic-subscription-policy");
    }

    /// Delivers what somebody is to be told to the function that tells it.
    pub(crate) fn announce(&self, topics: &Topics, teller: &Listener<'_>) {
        let name = "metamist-etl-notification-subscription";
        let subscription = self.subscription(name, &topics.notifications, 20, teller, |_| {});
        self.heard(&subscription, &format!("{name}-iam-policy"));
    }

    /// A subscription that calls a function.
    fn subscription(
        &self,
        name: &str,
        topic: &Topic,
        seconds: i64,
        listener: &Listener<'_>,
        more: impl FnOnce(&mut plan::Declaration),
    ) -> Output<String> {
        let subscription = self.centre.declare("pubsub.googleapis.com/Subscription", name, |subscription| {
            subscription.set("parent", format!("projects/{}", self.project()).as_str().into());
            subscription.set("topic", topic.name.clone().into_expr());
            subscription.set("ackDeadlineSeconds", seconds.into());
            let aside = object!({ "deadLetterTopic": &topic.dead_letters, "maxDeliveryAttempts": ATTEMPTS });
            subscription.set("deadLetterPolicy", aside.into_expr());
            let push = object!({
                "pushEndpoint": listener.function.attribute::<String>("serviceConfig.uri"),
                "oidcToken": { "serviceAccountEmail": self.address(listener.caller) },
                "attributes": { "x-goog-version": "v1" },
            });
            subscription.set("pushConfig", push.into_expr());
            more(subscription);
        });
        subscription.attribute("name")
    }

    /// Lets Pub/Sub take from a subscription what is laid aside.
    fn heard(&self, subscription: &Output<String>, name: &str) {
        let ty = "pubsub.googleapis.com/SubscriptionIamMember";
        self.centre.grant(ty, name, ("subscription", subscription), "roles/pubsub.subscriber", &self.postman);
    }
}
