export { testKinds as builtinKinds } from './test-kinds.fixture.ts'
