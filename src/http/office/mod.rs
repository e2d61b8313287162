//! The office: accounts, people, settings, backups, the log.

pub mod account;
pub mod backup;
pub mod health;
pub mod log;
pub mod people;
pub mod settings;
