//! Outcomes by table.
