import { expect } from 'chai';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { Mirror } from '../../helpers/mirror.ts';
import { calm, guests, roomOf } from '../../helpers/party.ts';
import { USE_CASES, type Stage } from './use-cases.ts';

/** Every kind of receiver, in a room that is small or larger than what `joinUsers` shows. */
async function setTheStage(engine: Engine, more: object): Promise<Stage> {
  const [actor, viewer, closed, other, outsider] = await guests(
    engine,
    'actor',
    'viewer',
    'closed',
    'other',
    'outsider',
  );
  const [second, viewerSecond] = await Promise.all([
    engine.connect(actor.userId, 'actor'),
    engine.connect(viewer.userId, 'viewer'),
  ]);
  const room = await roomOf([actor, viewer, closed, other], {
    rules: { canLeaveOutRoom: true, canInviteMemebrs: true },
    ...more,
  });
  const first = await other.send(room._id, 'first');
  const last = await actor.send(room._id, 'second');
  await viewer.do('joinRoom', room._id);
  return { engine, room, first, last, actor, second, viewer, viewerSecond, closed, other, outsider };
}

async function converges(
  stage: Stage,
  act: (stage: Stage) => Promise<unknown>,
  except: readonly string[] = [],
): Promise<void> {
  const { actor, second, viewer, viewerSecond, closed, other, outsider } = stage;
  const receivers = { actor, second, viewer, viewerSecond, closed, other, outsider };
  await calm(...Object.values(receivers));
  const mirrors = Object.entries(receivers)
    .filter(([kind]) => !except.includes(kind))
    .map(([kind, client]) => {
      return { kind, mirror: new Mirror(client, { isViewing: client === viewer ? stage.room._id : null }) };
    });
  await Promise.all(mirrors.map(({ mirror }) => mirror.begin()));
  await act(stage);
  await Promise.all(
    mirrors.map(async ({ kind, mirror }) => {
      const { told, fresh } = await mirror.end();
      expect(told, `what the ${kind} was told is what a fresh list says`).to.deep.equal(fresh);
    }),
  );
}

for (const size of ['small', 'large'] as const) {
  describe(`a room list and the frames that follow are a fresh room list, in a ${size} room`, () => {
    let engine: Engine;
    before(async () => {
      engine =
        size === 'small' ? await sharedEngine() : await startEngine({ env: { JOIN_USERS_INLINE_MAX: '3' } });
    });
    after(async () => {
      if (size === 'large') await engine.close();
    });

    for (const { name, act, except, more } of USE_CASES) {
      it(name, async () => {
        await converges(await setTheStage(engine, more ?? {}), act, except);
      });
    }
  });
}
