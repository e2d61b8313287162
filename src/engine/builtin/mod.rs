//! The built-in engine.
pub mod align;
pub mod code;
pub mod detect;
pub mod geometry;
pub mod nets;
pub mod page;
pub mod picture;
pub mod read;
pub mod text;

#[cfg(test)]
mod tests;
