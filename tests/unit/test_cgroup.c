/* Control groups as files that stand in for the kernel's, of version 1 and of version 2. */
#include "cgroup.h"
#include "check.h"

#define FAKE_ROOT "test_cgroup.tmp"
#include "fake_root.h"

enum { ANOTHER = 77 };

static void check_path(const char *path, const char *expected)
{
    CHECK(strncmp(path, root, strlen(root)) == 0);
    CHECK_EQ_TEXT(path + strlen(root), expected);
}

static void test_none(void)
{
    struct cgroup_limits limits;
    struct cgroup_throttles throttles = {.count = 0};
    root_begin();
    cgroup_limits_read(&limits, root);
    CHECK(limits.cpus == 0 && limits.tasks == 0 && limits.memory_bytes == 0);
    cgroup_throttles_add(&throttles, root, 0);
    CHECK_EQ_U64(throttles.count, 0);
    CHECK_EQ_U64(cgroup_throttles_now(&throttles), 0);
}

static void test_version_2(void)
{
    struct cgroup_limits limits;
    struct cgroup_throttles throttles = {.count = 0};
    root_begin();
    root_put("/proc/self/cgroup", "0::/user.slice/my group\n");
    root_put("/proc/self/mountinfo",
             "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
             "30 21 0:26 / /sys/fs/control\\040groups rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
#define TOP "/sys/fs/control groups"
    root_put(TOP "/user.slice/my group/cpu.max", "max 100000\n");
    root_put(TOP "/user.slice/my group/pids.max", "max\n");
    root_put(TOP "/user.slice/my group/pids.current", "9\n");
    root_put(TOP "/user.slice/my group/memory.max", "1073741824\n");
    root_put(TOP "/user.slice/my group/memory.current", "73741824\n");
    root_put(TOP "/user.slice/cpu.max", "150000 100000\n");
    root_put(TOP "/user.slice/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 4\n");
    root_put(TOP "/user.slice/pids.max", "100\n");
    root_put(TOP "/user.slice/pids.current", "40\n");
    root_put(TOP "/user.slice/memory.max", "2147483648\n");
    root_put(TOP "/user.slice/memory.current", "2147000000\n");
    cgroup_limits_read(&limits, root);
    CHECK_NEAR(limits.cpus, 1.5, 0);
    CHECK_EQ_U64(limits.cpu_period_us, 100000);
    check_path(limits.cpu_path, TOP "/user.slice/cpu.max");
    CHECK_EQ_U64(limits.tasks, 100);
    CHECK_EQ_U64(limits.tasks_now, 40);
    check_path(limits.tasks_path, TOP "/user.slice/pids.max");
    CHECK_EQ_U64(limits.memory_bytes, 1073741824);
    check_path(limits.memory_path, TOP "/user.slice/my group/memory.max");
    CHECK_EQ_U64(limits.memory_left_bytes, 2147483648 - 2147000000);

    cgroup_throttles_add(&throttles, root, 0);
    CHECK_EQ_U64(throttles.count, 1);
    CHECK_EQ_U64(cgroup_throttles_now(&throttles), 4);
    root_put(TOP "/user.slice/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 6\n");
    CHECK_EQ_U64(cgroup_throttles_now(&throttles), 6);

    /* The server's group may be another one; what both are in counts once. */
    root_put("/proc/77/cgroup", "0::/user.slice/served\n");
    root_put(TOP "/user.slice/served/cpu.max", "20000 50000\n");
    root_put(TOP "/user.slice/served/cpu.stat", "nr_throttled 100\n");
    cgroup_throttles_add(&throttles, root, ANOTHER);
    CHECK_EQ_U64(throttles.count, 2);
    CHECK_EQ_U64(cgroup_throttles_now(&throttles), 106);
#undef TOP
}

/* Each controller has its own hierarchy; a container sees its own groups as the highest ones. */
static void test_version_1(void)
{
    struct cgroup_limits limits;
    struct cgroup_throttles throttles = {.count = 0};
    root_begin();
    root_put("/proc/self/cgroup",
             "9:name=systemd:/docker/1\n8:pids:/docker/1\n5:cpuset:/\n"
             "4:memory:/docker/1/inner\n1:cpu,cpuacct:/docker/1\n0::/elsewhere\n");
    root_put("/proc/self/mountinfo",
             "31 30 0:28 /docker/1 /cg/cpu,cpuacct ro,relatime - cgroup cgroup rw,cpu,cpuacct\n"
             "33 30 0:30 / /cg/cpuset rw - cgroup cgroup rw,cpuset\n"
             "34 30 0:31 /docker/1 /cg/memory rw - cgroup cgroup rw,memory\n"
             "38 30 0:35 / /cg/pids rw - cgroup cgroup rw,pids\n"
             "40 30 0:37 / /cg/unified rw - cgroup2 cgroup2 rw\n");
    root_put("/cg/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
    root_put("/cg/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    root_put("/cg/cpu,cpuacct/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 9\n");
    root_put("/cg/pids/docker/1/pids.max", "max\n");
    root_put("/cg/pids/docker/pids.max", "500\n");
    root_put("/cg/pids/docker/pids.current", "500\n");
    root_put("/cg/memory/inner/memory.limit_in_bytes", "9223372036854771712\n");
    root_put("/cg/memory/memory.limit_in_bytes", "104857600\n");
    root_put("/cg/memory/memory.usage_in_bytes", "4857600\n");
    root_put("/cg/unified/elsewhere/cpu.max", "1000 100000\n"); /* it has no controllers */
    cgroup_limits_read(&limits, root);
    CHECK_NEAR(limits.cpus, 0.5, 0);
    check_path(limits.cpu_path, "/cg/cpu,cpuacct/cpu.cfs_quota_us");
    CHECK_EQ_U64(limits.tasks, 500);
    CHECK_EQ_U64(limits.tasks_now, 500);
    check_path(limits.tasks_path, "/cg/pids/docker/pids.max");
    CHECK_EQ_U64(limits.memory_bytes, 104857600);
    CHECK_EQ_U64(limits.memory_left_bytes, 100000000);
    cgroup_throttles_add(&throttles, root, 0);
    CHECK_EQ_U64(cgroup_throttles_now(&throttles), 3);

    /* Without a quota nothing is counted. */
    root_put("/cg/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    cgroup_limits_read(&limits, root);
    CHECK(limits.cpus == 0);
    throttles.count = 0;
    cgroup_throttles_add(&throttles, root, 0);
    CHECK_EQ_U64(throttles.count, 0);
}

int main(void)
{
    test_none();
    test_version_2();
    test_version_1();
    roots_remove();
    return check_report();
}
