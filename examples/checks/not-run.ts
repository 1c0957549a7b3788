import process from 'node:process'

/**
 * Says that a part of an example can't be run on this machine; `npm run examples` counts it as skipped.
 *
 * @throws {Error} where every part has to be run.
 */
export function notRun(what: string, why: string): void {
  if (process.env['SALLYPORT_REQUIRE_TOOLS'] === '1') throw new Error(`${what} has to be run here: ${why}`)
  console.log(`not run: ${what}: ${why}`)
}
