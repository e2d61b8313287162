//! The built-in engine.
pub mod detect;
pub mod geometry;
pub mod nets;
pub mod picture;
pub mod read;

#[cfg(test)]
mod tests;
