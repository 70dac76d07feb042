//! Releases as people read them: ranges of those that behave alike.

use lastwrites_types::Release;

use super::model::ReleaseVerdict;

/// Neighbouring releases of one coordinator and view that share a property, in order.
pub fn runs<'v, K: PartialEq>(
    verdicts: impl IntoIterator<Item = &'v ReleaseVerdict>,
    key: impl Fn(&ReleaseVerdict) -> K,
) -> Vec<Vec<&'v ReleaseVerdict>> {
    let mut runs: Vec<Vec<&ReleaseVerdict>> = Vec::new();
    for verdict in verdicts {
        let last = runs.last_mut().filter(|run| run.last().is_some_and(|other| key(other) == key(verdict)));
        match last {
            Some(run) => run.push(verdict),
            None => runs.push(vec![verdict]),
        }
    }
    runs
}

/// `4.1.0`, or `4.1.0 to 4.1.1`.
#[must_use]
pub fn span(run: &[&ReleaseVerdict]) -> String {
    let releases: Vec<Release> = run.iter().map(|verdict| verdict.kafka).collect();
    match releases.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        [first, .., last] => format!("{first} to {last}"),
    }
}

/// All releases of a view and coordinator for which `wanted` holds, as ranges: `4.0.0 to 4.0.1, 4.1.0`.
#[must_use]
pub fn spans<'v>(
    verdicts: impl IntoIterator<Item = &'v ReleaseVerdict>,
    wanted: impl Fn(&ReleaseVerdict) -> bool,
) -> String {
    let spans: Vec<String> = runs(verdicts, &wanted)
        .iter()
        .filter(|run| run.first().is_some_and(|first| wanted(first)))
        .map(|run| span(run))
        .collect();
    spans.join(", ")
}
