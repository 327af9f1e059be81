//! Which types may be sent and shared between threads; and that none is forgotten.

/// Asserts it of types, `Send` or both, and gives their names.
macro_rules! threads {
    ($($bound:ident)+; $($type:ty),* $(,)?) => {{
        fn check<T: $($bound +)+>() {}
        $(check::<$type>();)*
        [$(stringify!($type)),*]
    }};
}
pub(crate) use threads;

/// The names of what a module makes public: of what it re-exports, and of its own types.
fn public_names(module: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for reexport in module.split("\npub use ").skip(1) {
        let list = reexport.split(';').next().unwrap();
        names.extend(list.split(|at: char| !at.is_alphanumeric() && at != '_'));
    }
    for kind in ["\npub struct ", "\npub enum "] {
        let types = module.split(kind).skip(1);
        names.extend(types.filter_map(|own| own.split(|at: char| !at.is_alphanumeric()).next()));
    }
    // Not constants, functions and modules.
    names.retain(|name| name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase));
    names
}

/// Every public type of some modules is among those that were asserted, but for traits.
pub(crate) fn assert_complete(modules: &[&str], asserted: &[&str], traits: &[&str]) {
    let bare = |name: &str| {
        let name = name.split('<').next().unwrap();
        name.rsplit("::").next().unwrap().trim().to_owned()
    };
    let asserted: Vec<String> = asserted.iter().map(|name| bare(name)).collect();
    let mut names: Vec<&str> = modules.iter().flat_map(|module| public_names(module)).collect();
    assert!(names.len() > 20, "{names:?}");
    names.retain(|name| !traits.contains(name) && !asserted.iter().any(|one| one == name));
    assert_eq!(names, Vec::<&str>::new(), "not asserted to be Send and Sync");
}
