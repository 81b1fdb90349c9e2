#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| bellwether::fuzzing::game_file(data));
