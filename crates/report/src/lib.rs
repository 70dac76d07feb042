//! Findings, recovery choice and every rendering of one report
