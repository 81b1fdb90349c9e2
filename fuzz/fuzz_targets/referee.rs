#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| bellwether::fuzzing::referee(data));
libfuzzer_sys::fuzz_mutator!(|data, size, max_size, seed| mutate::lines(data, size, max_size, seed));
