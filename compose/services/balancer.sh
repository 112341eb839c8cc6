#!/bin/sh
# Runs HAProxy and keepalived side by side, as two services of one machine would, until keepalived ends or it is told to.
#
# When HAProxy ends this goes on: keepalived sees it and gives the address away. On SIGTERM keepalived ends first, which
# sends an advert of priority 0 and gives the address up at once, and HAProxy finishes what is under way.
# Environment: BALANCER, the name that selects this machine's lines of keepalived.conf.
haproxy -W -db -f /etc/haproxy/haproxy.cfg &
haproxy=$!
# Keepalived starts when HAProxy serves, or its first question would find nobody and keep this machine from being a backup
# for two seconds more. Should HAProxy not serve within five seconds, keepalived says so.
tries=0
until curl --silent --fail --output /dev/null http://127.0.0.1:8404/health || [ "$tries" -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
keepalived --dont-fork --log-console --config-id "$BALANCER" --use-file /etc/keepalived/keepalived.conf &
keepalived=$!

status=0
trap 'kill -TERM "$keepalived"' TERM INT
# wait returns early for a signal that is trapped.
while kill -0 "$keepalived" 2>/dev/null; do
    wait "$keepalived"
    status=$?
done
kill -USR1 "$haproxy" 2>/dev/null
wait "$haproxy"
exit "$status"
