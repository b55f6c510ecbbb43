#define _GNU_SOURCE 1
#include "redis.h"
#include "library.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct apic_redis {
    const struct apic_hiredis *library;
    redisContext *context;
    long milliseconds;
};

static int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note(const struct apic_redis *redis, char *problem) {
    const char *reason = redis->context && redis->context->errstr[0] ? redis->context->errstr : "no memory";
    // What hiredis says of a timeout of recv(2).
    const int is_late = redis->context && redis->context->err == REDIS_ERR_IO
        && strcmp(reason, "Resource temporarily unavailable") == 0;
    snprintf(problem, apic_redis_problem_size, "%s", is_late ? "the server does not answer in time" : reason);
}

/// The next reply, until a moment. `NULL` with a problem if there is none, or it is an error of the server.
static redisReply *next_reply(struct apic_redis *redis, int64_t end, char *problem) {
    void *found = NULL;
    if (redis->library->get_reply(redis->context, &found) != REDIS_OK) {
        note(redis, problem);
        return NULL;
    }
    redisReply *reply = found;
    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(problem, apic_redis_problem_size, "the server says: %.200s", reply->str);
    } else if (now_milliseconds() > end) {
        snprintf(problem, apic_redis_problem_size, "the server does not answer in time");
    } else {
        return reply;
    }
    redis->library->free_reply(reply);
    return NULL;
}

/// Reads over the reply of a command that only has to go well.
static int pass_reply(struct apic_redis *redis, int64_t end, char *problem) {
    redisReply *reply = next_reply(redis, end, problem);
    if (!reply) return -1;
    redis->library->free_reply(reply);
    return 0;
}

/// The reply of `TIME`.
static int take_clock(struct apic_redis *redis, int64_t end, uint64_t *clock, char *problem) {
    redisReply *reply = next_reply(redis, end, problem);
    if (!reply) return -1;
    const int is_clock = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
        && reply->element[0]->type == REDIS_REPLY_STRING && reply->element[1]->type == REDIS_REPLY_STRING;
    if (is_clock) {
        *clock = strtoull(reply->element[0]->str, NULL, 10) * 1000000 + strtoull(reply->element[1]->str, NULL, 10);
    } else {
        snprintf(problem, apic_redis_problem_size, "the server does not know what time it is");
    }
    redis->library->free_reply(reply);
    return is_clock ? 0 : -1;
}

/// Says who it is, which database it means, and asks for the time.
static int greet(struct apic_redis *redis, const struct apic_redis_place *place, uint64_t *clock, char *problem) {
    const int64_t end = now_milliseconds() + redis->milliseconds;
    if (place->password) {
        const int code = place->username
            ? redis->library->append_command(redis->context, "AUTH %s %s", place->username, place->password)
            : redis->library->append_command(redis->context, "AUTH %s", place->password);
        if (code != REDIS_OK) {
            note(redis, problem);
            return -1;
        }
        if (pass_reply(redis, end, problem) != 0) return -1;
    }
    if (redis->library->append_command(redis->context, "SELECT %u", place->database) != REDIS_OK
        || redis->library->append_command(redis->context, "TIME") != REDIS_OK) {
        note(redis, problem);
        return -1;
    }
    return pass_reply(redis, end, problem) != 0 ? -1 : take_clock(redis, end, clock, problem);
}

struct apic_redis *apic_redis_open(const struct apic_redis_place *place, uint64_t *clock, char *problem) {
    const char *reason;
    const struct apic_hiredis *library = apic_hiredis_open(&reason);
    if (!library) {
        snprintf(problem, apic_redis_problem_size, "%s", reason);
        return NULL;
    }
    struct apic_redis *redis = calloc(1, sizeof *redis);
    if (!redis) {
        snprintf(problem, apic_redis_problem_size, "no memory");
        return NULL;
    }
    const struct timeval wait = {place->milliseconds / 1000, place->milliseconds % 1000 * 1000};
    *redis = (struct apic_redis){library, library->connect_with_timeout(place->host, place->port, wait),
                                 place->milliseconds};
    if (!redis->context || redis->context->err || library->set_timeout(redis->context, wait) != REDIS_OK) {
        note(redis, problem);
    } else {
        fcntl(redis->context->fd, F_SETFD, FD_CLOEXEC);
        if (greet(redis, place, clock, problem) == 0) return redis;
    }
    apic_redis_close(redis);
    return NULL;
}

void apic_redis_close(struct apic_redis *redis) {
    if (!redis) return;
    if (redis->context) redis->library->free(redis->context);
    free(redis);
}

/// Names are short: thousands of them go through the wire at once.
enum { key_size = 48 };

static void write_key(char *key, const struct apic_redis_count *count) {
    snprintf(key, key_size, "apic:%016llx:%llx", (unsigned long long)count->key, (unsigned long long)count->window);
}

static int append(struct apic_redis *redis, const struct apic_redis_count *count) {
    char key[key_size];
    write_key(key, count);
    if (count->added == 0) return redis->library->append_command(redis->context, "GET %s", key);
    // A count that is not there begins with its time to live, so that none is ever left behind.
    const int code = redis->library->append_command(
        redis->context, "SET %s 0 EX %llu NX", key, (unsigned long long)count->seconds
    );
    if (code != REDIS_OK) return code;
    return redis->library->append_command(
        redis->context, "INCRBY %s %llu", key, (unsigned long long)count->added
    );
}

static int take_total(struct apic_redis *redis, struct apic_redis_count *count, int64_t end, char *problem) {
    if (count->added > 0 && pass_reply(redis, end, problem) != 0) return -1;
    redisReply *reply = next_reply(redis, end, problem);
    if (!reply) return -1;
    long long total = 0;
    if (reply->type == REDIS_REPLY_INTEGER) total = reply->integer;
    if (reply->type == REDIS_REPLY_STRING) total = strtoll(reply->str, NULL, 10);
    count->total = total > 0 ? (uint64_t)total : 0;
    redis->library->free_reply(reply);
    return 0;
}

int apic_redis_share(
    struct apic_redis *redis, struct apic_redis_count *counts, size_t count, uint64_t *clock, char *problem
) {
    const int64_t end = now_milliseconds() + redis->milliseconds;
    for (size_t index = 0; index < count; index++) {
        if (append(redis, &counts[index]) != REDIS_OK) {
            note(redis, problem);
            return -1;
        }
    }
    if (redis->library->append_command(redis->context, "TIME") != REDIS_OK) {
        note(redis, problem);
        return -1;
    }
    for (size_t index = 0; index < count; index++) {
        if (take_total(redis, &counts[index], end, problem) != 0) return -1;
    }
    return take_clock(redis, end, clock, problem);
}
