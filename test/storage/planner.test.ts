import { expect } from 'chai';
import { segmentsOf } from '../../src/domain/search/segments.ts';
import { CASES } from './hot-calls.ts';
import { openStorage, populate, type Population, type Storage } from './seed.ts';

interface Plan {
  stage: string;
  indexName?: string;
  inputStage?: Plan;
  inputStages?: Plan[];
}

/** The filters of a command, each as a query that can be explained. */
function queriesOf(name: string, command: Record<string, any>): Record<string, unknown>[] {
  if (name === 'update')
    return command['updates'].map(({ q }: { q: unknown }) => ({ find: command['update'], filter: q }));
  if (name === 'findAndModify') return [{ find: command['findAndModify'], filter: command['query'] }];
  if (name === 'delete')
    return command['deletes'].map(({ q }: { q: unknown }) => ({ find: command['delete'], filter: q }));
  if (name === 'find') {
    const { find, filter, sort, limit, projection, hint } = command;
    return [
      {
        find,
        filter,
        ...(sort ? { sort } : {}),
        ...(limit ? { limit } : {}),
        ...(projection ? { projection } : {}),
        ...(hint ? { hint } : {}),
      },
    ];
  }
  if (name === 'aggregate')
    return [{ aggregate: command['aggregate'], pipeline: command['pipeline'], cursor: {} }];
  return [];
}

const scansOf = (plan: Plan): Plan[] => {
  const inner = [...(plan.inputStages ?? []), ...(plan.inputStage ? [plan.inputStage] : [])].flatMap(scansOf);
  return plan.stage.endsWith('SCAN') || plan.stage.startsWith('IDHACK') ? [plan, ...inner] : inner;
};

function planOf(explained: any): Plan {
  const planner = explained.queryPlanner ?? explained.stages?.[0]?.$cursor?.queryPlanner;
  return planner.winningPlan.queryPlan ?? planner.winningPlan;
}

describe('the planner', () => {
  let storage: Storage;
  let all: Population;
  before(async function () {
    this.timeout(60_000);
    storage = await openStorage();
    all = await populate(storage, { rooms: 30, members: 10, messages: 200 });
    for (const { id } of all.rooms) {
      const segments = segmentsOf(
        id,
        all.messages.filter(message => message.roomId === id),
      );
      await storage.stores.search.add(segments);
      await storage.stores.search.moveMarks(segments);
    }
  });
  after(() => storage.database.close());

  for (const [name, index, call] of CASES) {
    it(`goes by ${[index].flat().join(' or ')} for ${name}`, async () => {
      storage.commands.length = 0;
      await call(storage, all);
      const queries = storage.commands
        .splice(0)
        .flatMap(({ name: command, command: body }) => queriesOf(command, body));
      expect(queries).to.not.deep.equal([]);
      for (const query of queries) {
        const explained = await storage.database.connection.db!.command({
          explain: query,
          verbosity: 'queryPlanner',
        });
        const scans = scansOf(planOf(explained));
        expect(scans, JSON.stringify(explained.queryPlanner?.winningPlan)).to.not.deep.equal([]);
        for (const scan of scans)
          expect(scan.indexName ?? scan.stage, JSON.stringify(query)).to.be.oneOf([index, 'IDHACK'].flat());
      }
    });
  }
});
