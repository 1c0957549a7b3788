// By path: the testkit depends on this package, so this package can't depend on the testkit.
export {
  type InjectedFault,
  registryProfiles,
  type RequestHook,
  startRegistry,
  type TestRegistry,
} from '../../../testkit/src/index.ts'
