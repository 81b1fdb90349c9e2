#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| bellwether::fuzzing::sweep_plan(data));
