export { hardeningBuildType } from '@sallyport/harden/report'
export {
  applyStatements,
  type ApplyStatementsOptions,
  type OwnedIgnoreFile,
  type TrustedStatements,
} from '../steps/apply-statements.ts'
