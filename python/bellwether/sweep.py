"""Sweeps driven by an engine: Dask, MPI, or the processes of this machine."""

import json
import os
import subprocess


def _command(program, plan, out, *more):
    return [program, "sweep", os.fspath(plan), "--out", os.fspath(out), "--json", "--quiet", *more]


def run_cell(program, plan, out, cell, threads=1):
    """Runs one cell where this is called; its report. A finished cell costs nothing."""
    command = _command(program, plan, out, "--cell", cell, "--threads", str(threads))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode == 3:
        return None  # in the hands of a worker that lives
    if done.returncode != 0:
        raise RuntimeError(f"cell {cell}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout)


def sweep(plan, out, executor, *, program="bellwether", threads=1):
    """Runs all cells of a plan on an executor and returns the results, one dict a cell, in the order of the plan.

    `executor` is whatever has `submit` as in `concurrent.futures`: a `ProcessPoolExecutor`, Dask's `client.get_executor()`, or an
    `MPIPoolExecutor` of mpi4py. Its workers need the program and must see the folder `out`. What is finished there is not run
    again; the results are the same to the last bit as those of `bellwether sweep` alone.
    """
    listed = subprocess.run(_command(program, plan, out, "--list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if listed.returncode != 0:
        raise ValueError(listed.stderr.strip())
    cells = json.loads(listed.stdout)["unfinished"]
    futures = [executor.submit(run_cell, program, os.fspath(plan), os.fspath(out), cell, threads) for cell in cells]
    for future in futures:
        future.result()
    # whatever a lost worker left is taken up here; then the results are put together
    last = subprocess.run(_command(program, plan, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if last.returncode != 0:
        raise RuntimeError(last.stderr.strip())
    with open(json.loads(last.stdout)["results"], encoding="utf-8") as file:
        return [json.loads(line) for line in file]
