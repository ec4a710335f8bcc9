import { expect } from 'chai';
import fc from 'fast-check';
import type { MembershipAct } from '../../src/domain/model.ts';
import { actText, TEXTS } from '../../src/domain/texts.ts';
import { fold, gramsOf, gramsWanted } from '../../src/domain/users/fold.ts';

const act = (
  event: MembershipAct['event'],
  userIds: string[],
  actorId: string | null = '철수',
): MembershipAct => ({ event, userIds, actorId });
const same = (id: string): string => id;

describe('texts of the engine', () => {
  it('are Korean sentences with the right particles', () => {
    expect(actText(act('member.invited', ['영희']), same)).to.equal('철수님이 영희님을 초대했습니다.');
    expect(actText(act('member.kicked', ['영희', '민수']), same)).to.equal(
      '철수님이 영희님, 민수님을 내보냈습니다.',
    );
    expect(actText(act('member.banned', ['영희']), same)).to.equal(
      '철수님이 영희님을 내보내고 다시 들어올 수 없게 했습니다.',
    );
    expect(actText(act('member.joined', ['철수']), same)).to.equal('철수님이 들어왔습니다.');
    expect(actText(act('member.left', ['철수']), same)).to.equal('철수님이 나갔습니다.');
    expect(actText(act('member.removed', ['영희'], null), same)).to.equal(
      '영희님이 채팅방에서 나가게 되었습니다.',
    );
  });

  it('count the people beyond the tenth', () => {
    const ids = Array.from({ length: 13 }, (_, i) => `p${i}`);
    const text = actText(act('member.invited', ids), same);
    expect(text)
      .to.match(/p9님 외 3명을 초대했습니다\.$/)
      .and.not.include('p10');
    expect(actText(act('member.left', ids), same)).to.match(/외 3명이 나갔습니다\.$/);
  });

  it('there is one for every event', () => {
    for (const text of Object.values(TEXTS)) expect(text('철수', '영희님이')).to.match(/[.]$/);
  });
});

describe('names as they are searched', () => {
  it('are found by any part of them, in any case, spelling of Hangul or spacing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.nat(),
        fc.nat({ max: 8 }),
        (name, from, length) => {
          const folded = fold(name);
          const characters = [...folded];
          const start = characters.length === 0 ? 0 : from % characters.length;
          const part = characters.slice(start, start + length).join('');
          expect(fold(folded), 'folding twice is folding once').to.equal(folded);
          expect(gramsOf(name)).to.include.members(gramsWanted(part));
        },
      ),
    );
    expect(fold('홍 길동')).to.equal(fold('홍길동'.normalize('NFD')));
    expect(fold(' Ann LEE\t')).to.equal('annlee');
  });

  it('have only pieces of one and of two characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), name => {
        for (const gram of gramsOf(name)) expect([...gram].length).to.be.within(1, 2);
      }),
    );
  });
});
