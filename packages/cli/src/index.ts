export { type CliOptions, type CliScreen, runCli } from './run-cli.ts'
