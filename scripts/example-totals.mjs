// Adds up how examples ended: what one says that this machine can't run (examples/checks/not-run.ts) is skipped.

/** @param {readonly { ok: boolean, stdout: string }[]} results */
export function countExamples(results) {
  const passed = results.filter(({ ok }) => ok)
  return {
    passed: passed.length,
    failed: results.length - passed.length,
    skipped: passed.flatMap(({ stdout }) =>
      [...stdout.matchAll(/^not run: (.+)$/gm)].map(([, what]) => what),
    ),
  }
}

/** Whether they count as passed: where all has to run, a part that was left out is a check that did not happen. */
export const isComplete = ({ passed, failed, skipped }, { isAllRequired }) =>
  passed > 0 && failed === 0 && !(isAllRequired && skipped.length > 0)
