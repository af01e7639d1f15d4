//! Scripts are run by bash, with stand-ins for the commands of the schedulers.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// Words that a shell would change if they were not quoted.
const WORDS: [&str; 12] = [
    "plain",
    "two words",
    "it's",
    "\"double\"",
    "$HOME",
    "`date`",
    "back\\slash",
    "a\nb",
    "*?[x]{a,b}~!#&;|<>()",
    "größe 数据 ✓",
    "data.path=\"a b,c.npy\"",
    "",
];

/// A folder whose name a shell would change, with a program that writes down its words, its folder and a variable.
struct Place {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("it's a $HOME of \"größe\"");
        fs::create_dir_all(root.join("bin")).unwrap();
        let place = Self {
            _folder: folder,
            root,
        };
        place.put(
            "the program",
            "printf '%s\\0' \"$PWD\" \"${MODULE:-}\" \"$@\" >> \"$TOLD\"; exit \"${STATUS:-0}\"",
        );
        // Its own options begin with `--`.
        place.put(
            "bin/srun",
            "while [[ $1 == --* ]]; do shift; done; exec \"$@\"",
        );
        place.put("bin/scontrol", "printf '%s\\0' \"$@\" >> \"$TOLD\"");
        place.put("bin/sleep", "printf 'sleeps\\0' >> \"$TOLD\"");
        place.put(
            "bin/parallel",
            "while read -r task; do bash -c \"one $task\"; done",
        );
        place
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn job(&self, tasks: Tasks) -> Job {
        Job {
            name: "a sweep/größe".to_owned(),
            program: self.root.join("the program"),
            folder: self.root.clone(),
            tasks,
            resources: Resources {
                setup: vec!["export MODULE='it is loaded'".to_owned()],
                ..Resources::default()
            },
        }
    }

    /// What was told when a script ran, and its exit status.
    fn run(
        &self,
        script: &Script,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (Vec<String>, i32) {
        let file = self.root.join("script.sh");
        fs::write(&file, &script.text).unwrap();
        let told = self.root.join("told");
        let _ = fs::remove_file(&told);
        let path = format!(
            "{}:{}",
            self.root.join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Command::new("bash");
        command
            .arg(&file)
            .args(arguments)
            .env("PATH", path)
            .env("TOLD", &told);
        for name in ["SLURM_RESTART_COUNT", "SLURM_CPUS_PER_TASK"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "", "{}", script.text);
        let told = fs::read_to_string(&told).unwrap_or_default();
        let told = told.split_terminator('\0').map(str::to_owned).collect();
        (told, output.status.code().unwrap())
    }
}

fn words() -> Vec<OsString> {
    WORDS.iter().map(OsString::from).collect()
}

fn expected(place: &Place, words: &[&str], threads: &str) -> Vec<String> {
    let folder = place.root.to_str().unwrap();
    let all = [
        &[folder, "it is loaded"],
        words,
        &["--threads", threads, "--quiet"],
    ]
    .concat();
    all.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_word_of_the_user_reaches_the_program_as_it_was_typed() {
    let place = Place::new();
    let job = place.job(Tasks::shards(&words(), 3).unwrap());
    for (scheduler, variables) in [
        (Scheduler::Slurm, &[("SLURM_ARRAY_TASK_ID", "2")][..]),
        (Scheduler::HyperQueue, &[("HQ_TASK_ID", "2")]),
    ] {
        let script = super::script(&job, scheduler).unwrap();
        let wanted = expected(&place, &[&WORDS[..], &["--shard", "2/3"]].concat(), "1");
        assert_eq!(
            place.run(&script, &[], variables),
            (wanted, 0),
            "{}",
            script.text
        );
    }
    let script = super::script(&job, Scheduler::Parallel).unwrap();
    let task = |n: &str| {
        expected(
            &place,
            &[&WORDS[..], &["--shard", &format!("{n}/3")]].concat(),
            "1",
        )
    };
    let wanted = ["1", "2", "3"].map(task).concat();
    assert_eq!(place.run(&script, &[], &[]).0, wanted, "{}", script.text);
}

#[test]
fn a_run_is_begun_where_there_is_none_and_gone_on_with_where_there_is() {
    let place = Place::new();
    let begun = place.root.join("the run/config.toml");
    let go_on: Vec<OsString> = ["train", "--resume", "the run"].map(OsString::from).into();
    let job = place.job(Tasks::run(&words(), &begun, &go_on).unwrap());
    let schedulers = [Scheduler::Slurm, Scheduler::HyperQueue, Scheduler::Parallel];
    let scripts = schedulers.map(|scheduler| super::script(&job, scheduler).unwrap());
    for script in &scripts {
        let wanted = expected(&place, &WORDS, "1");
        assert_eq!(
            place.run(script, &[], &[("HQ_TASK_ID", "1")]).0,
            wanted,
            "{}",
            script.text
        );
    }
    fs::create_dir(begun.parent().unwrap()).unwrap();
    fs::write(&begun, "").unwrap();
    for script in &scripts {
        let wanted = expected(&place, &["train", "--resume", "the run"], "1");
        assert_eq!(
            place.run(script, &[], &[("HQ_TASK_ID", "1")]).0,
            wanted,
            "{}",
            script.text
        );
    }
}

#[test]
fn only_a_task_that_has_lost_nothing_queues_itself_again_and_not_without_end() {
    let place = Place::new();
    let array = place.job(Tasks::shards(&[], 3).unwrap());
    let array = super::script(&array, Scheduler::Slurm).unwrap();
    let run = Tasks::run(&[], Path::new("/none"), &[]).unwrap();
    let run = super::script(&place.job(run), Scheduler::Slurm).unwrap();
    let ids = [
        ("SLURM_ARRAY_JOB_ID", "7"),
        ("SLURM_ARRAY_TASK_ID", "3"),
        ("SLURM_JOB_ID", "12"),
    ];
    for (script, task) in [(&array, "7_3"), (&run, "12")] {
        for (status, restarts, again) in [
            ("75", "0", true),
            ("75", "99", true),
            ("75", "100", false),
            ("1", "0", false),
            ("143", "0", true),
            ("137", "0", false),
            ("0", "0", false),
        ] {
            let variables = [
                &ids[..],
                &[("STATUS", status), ("SLURM_RESTART_COUNT", restarts)],
            ]
            .concat();
            let (told, ended) = place.run(script, &[], &variables);
            assert_eq!(ended.to_string(), status);
            let asked = told.ends_with(&["requeue", task, "sleeps"].map(str::to_owned));
            assert_eq!(asked, again, "{status} {restarts}: {told:?}");
        }
    }
}

#[test]
fn tasks_that_do_not_fit_into_one_array_are_further_arrays_of_the_same_script() {
    let place = Place::new();
    let mut job = place.job(Tasks::shards(&[], 2500).unwrap());
    job.resources.at_once = std::num::NonZero::new(9);
    let script = super::script(&job, Scheduler::Slurm).unwrap();
    assert_eq!(script.arrays.len(), 3);
    assert!(script.text.contains("\n#SBATCH --array=1-1000%3\n"));
    assert!(
        script
            .text
            .contains(": sbatch --array=1-500%3 THIS-FILE 2000\n"),
        "{}",
        script.text
    );
    let (told, _) = place.run(&script, &["2000"], &[("SLURM_ARRAY_TASK_ID", "500")]);
    assert!(told.contains(&"2500/2500".to_owned()), "{told:?}");
}

#[test]
fn what_slurm_is_told_stands_before_the_first_command_and_the_user_has_the_last_word() {
    let place = Place::new();
    let mut job = place.job(Tasks::shards(&words(), 4).unwrap());
    job.resources = Resources {
        time_limit: Some("1:00:00".parse().unwrap()),
        cpus: std::num::NonZero::new(4),
        memory: Some("4G".to_owned()),
        options: vec!["--partition=gpu --account=x".to_owned()],
        at_once: std::num::NonZero::new(2),
        ..job.resources
    };
    let script = super::script(&job, Scheduler::Slurm).unwrap();
    let options: Vec<&str> = script
        .text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("#SBATCH "))
        .collect();
    let wanted = [
        "--job-name=a-sweep-gr--e",
        "--array=1-4%2",
        "--output=slurm-%A_%a.log",
        "--open-mode=append",
        "--requeue",
        "--signal=TERM@120",
        "--time=0-01:00:00",
        "--cpus-per-task=4",
        "--mem=4G",
        "--partition=gpu --account=x",
    ];
    assert_eq!(options, wanted);
    // In a task of five minutes a notice of two would be too early.
    job.resources.time_limit = Some("5".parse().unwrap());
    assert!(
        super::script(&job, Scheduler::Slurm)
            .unwrap()
            .text
            .contains("--signal=TERM@60\n")
    );
}

#[test]
fn what_a_scheduler_cannot_be_told_is_refused_by_the_name_of_its_flag() {
    let place = Place::new();
    let job = |resources| Job {
        resources,
        ..place.job(Tasks::shards(&[], 4).unwrap())
    };
    let memory = || Resources {
        memory: Some("4G".to_owned()),
        ..Resources::default()
    };
    let options = |line: &str| Resources {
        options: vec![line.to_owned()],
        ..Resources::default()
    };
    let at_once = || Resources {
        at_once: std::num::NonZero::new(2),
        ..Resources::default()
    };
    for (scheduler, resources, flag) in [
        (Scheduler::HyperQueue, memory(), "--mem"),
        (Scheduler::Parallel, memory(), "--mem"),
        (Scheduler::Parallel, options("--qos=high"), "--sbatch"),
        (Scheduler::HyperQueue, at_once(), "--parallel"),
        (Scheduler::Slurm, options("--qos=high\nrm -r x"), "--sbatch"),
        (Scheduler::Slurm, options("partition=gpu"), "--sbatch"),
        (
            Scheduler::Slurm,
            Resources {
                memory: Some("4 G".to_owned()),
                ..Resources::default()
            },
            "--mem",
        ),
    ] {
        let error = super::script(&job(resources), scheduler).unwrap_err();
        assert!(
            error.is_input() && error.to_string().starts_with(flag),
            "{error}"
        );
    }
}
