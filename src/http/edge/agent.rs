//! An agent's socket: it carries orders of the box and the agent's words, and knows none of them. Not here: what they mean
//! (domain/agent.rs), the agent itself (agent/).

use super::call::Call;
use super::reply::Reply;
use super::socket::{Said, Talk, accept, subscribe};
use crate::app::agents::Joined;
use crate::app::printers;
use crate::domain::account::Permission;
use crate::domain::agent::{SILENCE_MAX_S, Word, is_name};
use crate::domain::printer::Address;
use crate::domain::refusal::Refusal;
use crate::hub::{CLOSE_POLICY, Subscription};
use fastwebsockets::{Frame, OpCode, Payload};
use std::time::Duration;
use tokio::time::timeout;

/// Of an agent, which pings.
const SILENCE_MAX: Duration = Duration::from_secs(SILENCE_MAX_S);
/// What an agent calls its run.
const RUN_BYTES_MAX: usize = 64;
const CLOSE_PROTOCOL: u16 = 1002;

/// It may come once the printer is set up: its name is in the printer's address.
pub async fn join(mut call: Call) -> Result<Reply, Refusal> {
    let name = call.fields.text("name")?.to_owned();
    if !is_name(&name) {
        return Err(Refusal::field("name", "只能有字母、数字、汉字和 - . _", "may hold letters, digits and - . _"));
    }
    let run = call.fields.text_or_none("run")?.unwrap_or_default();
    if run.len() > RUN_BYTES_MAX {
        return Err(Refusal::field("run", "太长", "is too long"));
    }
    let app = call.edge.app.clone();
    let address = Address::Agent { name: name.clone() };
    if !app.store.read(printers::all)?.iter().any(|(_, printer)| printer.address == address) {
        return Err(Refusal::not_found(
            format!("没有地址为 {address} 的打印机，请先在标签页的“打印机”里添加"),
            format!("there is no printer with the address {address}: add it first, under Printers on the labels page"),
        ));
    }
    let (subscription, _) = subscribe(&call, Some(Permission::DeviceRw))?;
    let joined = app.agents.join(&name, run)?;
    accept(&mut call, move |talk| async move {
        app.printers.changed();
        tracing::info!("the agent {name} is here");
        carry(talk, subscription, joined).await;
        tracing::info!("the agent {name} is gone");
        app.printers.changed();
    })
}

async fn carry(mut talk: Talk, subscription: Subscription, mut joined: Joined) {
    let cut = subscription.cut.clone();
    loop {
        let written = tokio::select! {
            biased;
            (code, why) = cut.wait() => return talk.close(code, why).await,
            said = timeout(SILENCE_MAX, talk.from_client.recv()) => match said {
                Ok(Some(Said::Text(text))) => match Word::read(&text).map(|word| joined.words.try_send(word)) {
                    Some(Ok(())) => Ok(()),
                    // It says much, and nobody listens.
                    Some(Err(_)) => return talk.close(CLOSE_POLICY, "too many words").await,
                    None => return talk.close(CLOSE_PROTOCOL, "not an agent's word").await,
                },
                Ok(Some(Said::Owed(opcode, payload))) => talk.write(Frame::new(true, opcode, None, Payload::Owned(payload))).await,
                Ok(Some(Said::Wrong(code, why))) => return talk.close(code, why).await,
                Ok(Some(Said::Gone) | None) | Err(_) => return,
            },
            order = joined.orders.recv() => match order {
                Some(order) => {
                    let text = order.write();
                    talk.write(Frame::new(true, OpCode::Text, None, Payload::Borrowed(text.as_bytes()))).await
                }
                // It has joined again.
                None => return talk.close(CLOSE_PROTOCOL, "joined again").await,
            },
        };
        if written.is_err() {
            return;
        }
    }
}
