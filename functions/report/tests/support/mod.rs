//! What several of these tests arrange.

#![allow(dead_code, reason = "each test binary takes what it needs")]

pub(crate) mod numbers;
