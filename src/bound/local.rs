use super::*;
use crate::strategy::Deterministic;
use crate::game::Game;
#[derive(Default)] pub struct Options<'a> { pub time_limit: Option<std::time::Duration>, pub p: std::marker::PhantomData<&'a ()> }
#[derive(Debug)]
pub struct LocalOptimum { pub lower: Rational, pub upper: Rational, pub strategy: Deterministic }
impl LocalOptimum { pub fn bracket(&self) -> Result<Bracket, BoundError> { Bracket::point(Bound::exact(PolicyClass::SharedRandomness, self.lower.clone(), "x", 0.0)) } }
pub fn maximum(game:&Game, _o:&Options) -> Result<LocalOptimum, BoundError> {
    let s=game.scenario(); let n: usize = s.questions().iter().sum();
    let mut best: Option<(Rational, Deterministic)> = None;
    let radix: Vec<usize> = s.questions().iter().zip(s.answers()).flat_map(|(q,a)| vec![*a; *q]).collect();
    let total: usize = radix.iter().product();
    for k in 0..total { let mut k=k; let mut d=vec![0;n]; for i in 0..n { d[i]=k%radix[i]; k/=radix[i]; }
      let mut c=vec![]; let mut o=0; for q in s.questions() { c.push(d[o..o+q].to_vec()); o+=q; }
      let st=Deterministic::new(s,c).unwrap(); let v=st.value(game); if best.as_ref().is_none_or(|b| v>b.0) { best=Some((v,st)); } }
    let (v,strategy)=best.unwrap();
    Ok(LocalOptimum{lower:v.clone(),upper:v,strategy})
}
