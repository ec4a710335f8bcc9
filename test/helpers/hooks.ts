import { takeFaults } from './client.ts';
import { stopDatabase } from './database.ts';
import { beginTest, closeDatabases, closeSharedEngine, endTest } from './engine.ts';
import { stopS3 } from './s3.ts';

let passed = 0;
let failed = 0;

/** Around the whole run: every frame that a client received was allowed, and nothing is left running. */
export const mochaHooks: Mocha.RootHookObject = {
  beforeEach: beginTest,
  afterEach(this: Mocha.Context) {
    if (this.currentTest?.state === 'passed') passed++;
    else failed++;
    endTest();
    const faults = takeFaults();
    if (faults.length > 0) throw new Error(`frames that the catalogue does not allow:\n${faults.join('\n')}`);
  },
  async afterAll(this: Mocha.Context) {
    this.timeout(30_000);
    await closeSharedEngine();
    await closeDatabases();
    await stopDatabase();
    stopS3();
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  },
};
