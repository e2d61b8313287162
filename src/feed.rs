//! The feed: tells news in the order in which they became durable, first to the app's caches, then to watchers and the dispatcher;
//! only then is the verb answered. Not here: encoding (http/wire/messages.rs), watchers (hub/mod.rs).

use crate::app::{App, accounts};
use crate::domain::fact::Fact;
use crate::domain::ids::UserId;
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::http::wire::messages::Messages;
use crate::hub::Hub;
use crate::store::news::Feed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs until the box stops.
pub fn start(app: Arc<App>, hub: Arc<Hub>, messages: Arc<Messages>) {
    let mut feed = app.store.feed();
    let teller = Teller { app, hub, messages };
    tokio::spawn(async move {
        loop {
            match feed.next().await {
                Ok(news) => teller.tell_all(&mut feed, news),
                Err(e) => {
                    tracing::error!("news are lost: {e}");
                    let newest = teller.app.store.newest_news();
                    teller.lost(newest);
                    feed.told(newest);
                }
            }
        }
    });
}

struct Teller {
    app: Arc<App>,
    hub: Arc<Hub>,
    messages: Arc<Messages>,
}

impl Teller {
    fn tell_all(&self, feed: &mut Feed, news: Vec<(u64, News)>) {
        let Some((last, _)) = news.last() else { return };
        let last = *last;
        for (number, one) in news {
            // A panic here would leave every later verb without its answer.
            let told = catch_unwind(AssertUnwindSafe(|| self.tell(number, &one))).unwrap_or_else(|_| Err(Refusal::internal()));
            if let Err(refusal) = told {
                tracing::error!("news {number} can't be told: {}", refusal.en);
                self.hub.publish(number, &one, &[]);
                self.lost(number);
            }
        }
        feed.told(last);
    }

    /// What is remembered may be wrong, and watchers have missed something, perhaps the end of their session: they have to connect again.
    fn lost(&self, number: u64) {
        self.app.forget_all();
        self.hub.lost(number);
        self.hub.wake();
    }

    fn tell(&self, number: u64, news: &News) -> Result<(), Refusal> {
        let row = self.app.logged(news)?;
        let fact = row.as_ref().map(|row| &row.fact);
        self.app.hear(news, fact);
        if let News::User(user) = news {
            self.rights(number, *user)?;
        }
        if fact.is_some_and(Fact::is_about_queues) {
            self.hub.wake();
        }
        self.hub.publish(number, news, &self.messages.of(news, row.as_ref())?);
        Ok(())
    }

    fn rights(&self, number: u64, id: UserId) -> Result<(), Refusal> {
        let found = self.app.store.read(|view| accounts::rights(view, id))?;
        if let Some((user, permissions)) = found {
            self.hub.rights(number, id, user.company, permissions, user.locked);
        }
        Ok(())
    }
}
