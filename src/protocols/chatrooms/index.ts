import express, { type RequestHandler } from 'express';
import type { UserActor } from '../../domain/model.ts';
import { actorOfUser, bearerOf, identify } from '../kit/bearer.ts';
import type { AddressCounter } from '../kit/connections.ts';
import { corsFor } from '../kit/cors.ts';
import { EventTable } from '../kit/event.ts';
import { httpErrors, jsonBody, noBody } from '../kit/http.ts';
import { UserNamespace, type ChatSocket } from '../kit/namespace.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { countWhenDone, inputOf, mountRoute, type RouteDef } from '../kit/route.ts';
import { failureOf } from '../kit/wrapper.ts';
import type { Api } from '../kit/docs/openapi.ts';
import { NAMESPACE, PREFIX } from './catalogue.ts';
import { ChatroomsFanout } from './fanout.ts';
import { handleChatrooms, handleEvents, roomsOf } from './handlers.ts';

/** Mounts the chatrooms module (seed 3): its REST API and its gateway. */
export function mountChatrooms(
  parts: ProtocolParts,
  addresses: AddressCounter,
): { events: EventTable; api: Api; stop(): void } {
  const { io, log, metrics, limits } = parts;
  const namespace = io.of(NAMESPACE);
  const events = new EventTable(log, metrics, limits.eventBytes);
  handleEvents(events, parts.fileLink);
  const users = new UserNamespace(namespace, {
    parts,
    addresses,
    events,
    onConnect: socket => void welcome(parts, socket),
    onDisconnect: () => undefined,
    onRefusal: (socket, { error, message }) =>
      socket.emit('exception', { status: 'error', code: error, message }),
  });
  new ChatroomsFanout(parts, users);
  metrics.gauge('madang_chatrooms_connections', 'Connections of the gateway', () => namespace.sockets.size);
  const api: Api = {
    title: 'Madang chatrooms',
    description: 'Public, protected, private and direct rooms, beside the namespace `/chatrooms`.',
    prefix: PREFIX,
    routes: mountRest(parts),
    security: ['token'],
    statuses: STATUS,
  };
  return { events, api, stop: () => users.stop() };
}

/** Tells who connects the rooms that they are in; one who cannot be told is sent away to try again. */
async function welcome({ chat, log }: ProtocolParts, socket: ChatSocket): Promise<void> {
  try {
    socket.emit('rooms', await roomsOf(chat, socket.data.actor));
  } catch (error) {
    failureOf(error, log, 'rooms');
    socket.conn.close();
  }
}

/** What a success answers where it is not 200. */
const STATUS: Record<string, number> = { post: 201, delete: 204 };

function mountRest(parts: ProtocolParts): RouteDef[] {
  const { chat, http, log, metrics, limits, mayConnect } = parts;
  const router = express.Router();
  const routes: RouteDef[] = [];
  const admit: RequestHandler = async (request, response, next) => {
    response.locals['actor'] = actorOfUser(await identify(parts, bearerOf(request.get('authorization'))));
    next();
  };
  router.use(corsFor(mayConnect), admit, jsonBody(limits.jsonBytes), noBody);
  handleChatrooms((def, handle) => {
    routes.push(def);
    mountRoute(router, def as RouteDef<never>, (request, response, next) => {
      countWhenDone(metrics, response, PREFIX, def);
      const answer = async () => {
        const call = {
          chat,
          actor: response.locals['actor'] as UserActor,
          linkOf: parts.fileLink,
        };
        const body = await handle(call, inputOf(def, request));
        response.status(STATUS[def.method] ?? 200);
        if (body === null) response.end();
        else response.json(body);
      };
      answer().catch(next);
    });
  });
  router.use(httpErrors(log));
  http.use(PREFIX, router);
  return routes;
}
