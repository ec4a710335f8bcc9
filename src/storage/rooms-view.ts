import type { Connection } from 'mongoose';

/**
 * The seed's shape of a room, for people in a Mongo shell: members joined back into `joinUsers`, rules in the
 * seed's spelling.
 */
const pipeline = [
  { $match: { making: { $ne: true } } },
  {
    $lookup: {
      from: 'memberships',
      localField: '_id',
      foreignField: 'roomId',
      as: 'joinUsers',
      pipeline: [
        { $match: { 'pending.act': { $ne: 'join' } } },
        { $sort: { no: 1 } },
        {
          $project: {
            _id: '$userId',
            nickName: 1,
            profileUrl: 1,
            lastReadMessageId: 1,
            lastReadSeq: 1,
            joinedSeq: 1,
            master: 1,
            alarmOn: 1,
            mutedUntil: 1,
            meta: 1,
            createdAt: 1,
          },
        },
      ],
    },
  },
  { $set: { 'rules.canInviteMemebrs': '$rules.canInviteMembers' } },
  { $unset: ['rules.canInviteMembers', 'membersKey', 'lastUncountedSeq', 'lastMentionSeq', 'access'] },
];

const NAMESPACE_EXISTS = 48;

/** Creates the view `rooms_view` unless it is there. */
export async function createRoomsView(connection: Connection): Promise<void> {
  try {
    await connection.createCollection('rooms_view', { viewOn: 'rooms', pipeline });
  } catch (error) {
    if ((error as { code?: number }).code !== NAMESPACE_EXISTS) throw error;
  }
}
