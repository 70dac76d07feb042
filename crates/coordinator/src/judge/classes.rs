//! Releases that read and replay alike share one loader.

use crate::rules::Profile;

/// Which loader answers for which profile.
#[derive(Debug)]
pub(super) struct Classes<'p> {
    /// One profile of each class.
    pub(super) representatives: Vec<&'p Profile>,
    /// For each profile given, the index of its class.
    pub(super) class_of: Vec<usize>,
}

impl<'p> Classes<'p> {
    pub(super) fn of(profiles: &'p [Profile]) -> Self {
        let mut representatives: Vec<&Profile> = Vec::new();
        let class_of = profiles
            .iter()
            .map(|profile| {
                let known = representatives.iter().position(|other| profile.loads_like(other));
                known.unwrap_or_else(|| {
                    representatives.push(profile);
                    representatives.len() - 1
                })
            })
            .collect();
        Self { representatives, class_of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::known;

    #[test]
    fn twenty_five_releases_need_half_as_many_loaders() {
        let classes = Classes::of(known());
        assert_eq!(classes.class_of.len(), known().len());
        assert!(classes.representatives.len() <= known().len() * 2 / 3, "{classes:?}");
        for (profile, class) in known().iter().zip(&classes.class_of) {
            let like = classes.representatives[*class];
            assert_eq!(
                (profile.coordinator(), profile.rules.offsets_commute()),
                (like.coordinator(), like.rules.offsets_commute())
            );
        }
    }
}
