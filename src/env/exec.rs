//! Environments in another process, spoken to in lines of JSON.

pub(crate) mod protocol;

use super::{CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_actions, check_observations};
use crate::game::printable;
use crate::game::referee::{Options, describe, misread, process::Process};
use rand::Rng;
use std::fmt::Write;

/// An environment that is another program.
///
/// One JSON document a line each way. Arrays are agent by agent; keys beyond these are errors.
///
/// ```text
/// {"hello":1}        {"name":"lights","agents":[{"observation":2,"actions":2},..],"critic_state":3,"has_cost":false}
///                    may add "name" to an agent and "horizon":N
/// {"reset":4711}     {"observations":[[0,1],..],"critic_state":[0,0,1]}       the number is a seed below 2^53
/// {"step":[0,1]}     {"observations":[..],"critic_state":[..],"reward":1.5,"cost":0,"end":"running"}
///                    end: running, terminated or truncated; cost only where there is one
/// ```
///
/// Whatever else it writes, a reward that is no number, an array of another length or silence beyond the timeout gives an
/// error that quotes the line; after an error it is not spoken to again. Every copy starts its own process, which is
/// killed on drop; it cannot be saved.
///
/// ```no_run
/// use bellwether::env::{Environment, ExecEnvironment};
/// let env = ExecEnvironment::spawn("python3 examples/environments/lights.py", Default::default())?;
/// println!("{} agents", env.spec().agents.len());
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
pub struct ExecEnvironment {
    command: String,
    shown: String,
    options: Options,
    spec: EnvSpec,
    process: Process,
    critic: Vec<f64>,
    running: bool,
    failed: Option<EnvError>,
}

impl ExecEnvironment {
    /// Starts the program and exchanges greetings. The command is split into words as a shell would, but no shell runs it.
    ///
    /// # Errors
    /// [`EnvError::Process`] if the command cannot be split or started, or its hello is wrong.
    pub fn spawn(command: &str, options: Options) -> Result<Self, EnvError> {
        let shown = printable(command, 200);
        let wrong = |why: String| EnvError::Process { command: shown.clone(), why };
        let words = shlex::split(command).ok_or_else(|| wrong("the quotes of the command do not match".into()))?;
        let mut process = Process::spawn(&words).map_err(wrong)?;
        let request = "{\"hello\":1}";
        let line = process
            .exchange(format!("{request}\n").into(), options.timeout)
            .map_err(|failure| wrong(describe(request, failure)))?;
        let spec = protocol::hello(&line).map_err(|why| wrong(misread(request, &line, &why)))?;
        Ok(ExecEnvironment {
            command: command.to_owned(),
            shown,
            options,
            critic: vec![0.0; spec.critic_state],
            spec,
            process,
            running: false,
            failed: None,
        })
    }

    /// One request and the reading of its answer; the first failure is the last word.
    fn exchange<T>(
        &mut self,
        request: &str,
        read: impl FnOnce(&mut Self, &[u8]) -> Result<T, String>,
    ) -> Result<T, EnvError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let asked = printable(request, 60);
        let line = format!("{request}\n").into_bytes();
        let answer = match self.process.exchange(line, self.options.timeout) {
            Ok(line) => read(self, &line).map_err(|why| misread(&asked, &line, &why)),
            Err(failure) => Err(describe(&asked, failure)),
        };
        answer.map_err(|why| {
            let error = EnvError::Process { command: self.shown.clone(), why };
            self.failed = Some(error.clone());
            self.running = false;
            error
        })
    }
}

impl Environment for ExecEnvironment {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        // below 2^53, so that every JSON reader keeps all digits
        let request = format!("{{\"reset\":{}}}", rng.next_u64() >> 11);
        self.exchange(&request, |this, line| protocol::reset(line, &this.spec, observations, &mut this.critic))?;
        self.running = true;
        Ok(())
    }

    fn step(&mut self, actions: &[u32], _: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_observations(&self.spec, observations)?;
        check_actions(&self.spec, actions)?;
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !self.running {
            return Err(EnvError::NotReset(self.spec.name.clone()));
        }
        let mut request = String::from("{\"step\":[");
        for (i, a) in actions.iter().enumerate() {
            // writing to a String cannot fail
            let _ = write!(request, "{}{a}", if i == 0 { "" } else { "," });
        }
        request.push_str("]}");
        let outcome =
            self.exchange(&request, |this, line| protocol::step(line, &this.spec, observations, &mut this.critic))?;
        self.running = outcome.end == End::Running;
        Ok(outcome)
    }

    fn critic_state(&self, state: &mut CriticState) {
        state.as_mut_slice().copy_from_slice(&self.critic);
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        let copy = ExecEnvironment::spawn(&self.command, self.options.clone())?;
        if copy.spec != self.spec {
            return Err(EnvError::Process {
                command: self.shown.clone(),
                why: "a second process greeted with another shape".into(),
            });
        }
        Ok(Box::new(copy))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        Err(EnvError::Unsupported(format!("'{}' cannot be saved: it is another process", self.shown)))
    }

    fn load(&mut self, _: &[u64]) -> Result<(), EnvError> {
        self.save().map(|_| ())
    }
}
